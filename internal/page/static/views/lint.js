// lint: what is wrong with configuration and nodes, each with the line to change.

import { html, useContext, App, useLive, useState } from '../parts/preact.js';
import { Copy, Failed, Loading, Severity, Text, Time } from '../parts/bits.js';
import { useResource } from '../parts/resource.js';
import { Icon } from '../parts/icons.js';
import { SEVERITIES } from '../lib/peers.js';
import { link } from '../lib/route.js';

// Fix is the line to write.
function Fix({ f }) {
  return html`<div class="fix">
    <pre tabindex="0" aria-label="line to write"><code><${Text} v=${f.fix} max=${4000} /></code></pre>
    <${Copy} text=${f.fix} what="the line to write" />
  </div>`;
}

function Finding({ f }) {
  return html`<li class=${'finding v-' + f.severity}>
    <div class="finding-head">
      <${Severity} level=${f.severity} />
      <span class="where">
        <${Text} v=${f.section || 'global'} />${
          f.peer
            ? html` / <a href=${link('peer', f.section, f.peer)}>
          <${Text} v=${f.peer} /></a>`
            : ''
        }
        ${f.table ? html` / <a href=${link('table', f.section, f.table)}><${Text} v=${f.table} /></a>` : ''}
      </span>
      <code class="rule">${f.rule}</code>
      ${f.since ? html`<span class="muted">for <${Time} at=${f.since} ago=${true} /></span>` : ''}
    </div>
    <p><${Text} v=${f.text} max=${600} /></p>
    ${f.fix ? html`<${Fix} f=${f} />` : ''}
    ${f.doc ? html`<p class="muted"><${Text} v=${f.doc} max=${600} /></p>` : ''}
  </li>`;
}

export function Findings({ list }) {
  return html`<ul class="findings">${list.map(
    (f) => html`<${Finding}
    key=${[f.rule, f.section, f.peer, f.table, f.text].join()} f=${f} />`,
  )}</ul>`;
}

// Brief is the same in a line each, opened for what to do: beside the figures of a table or a peer.
export function Brief({ list }) {
  return html`<ul class="brief" aria-label="findings">
    ${list.map(
      (f) => html`<li key=${f.rule + f.peer + f.text} class=${'v-' + f.severity}>
      <details>
        <summary><${Severity} level=${f.severity} /><span><${Text} v=${f.text} max=${300} /></span>${
          f.fix || f.doc ? html`<span class="act">what to do</span>` : ''
        }</summary>
        ${f.fix ? html`<${Fix} f=${f} />` : ''}${
          f.doc ? html`<p class="muted"><${Text} v=${f.doc} max=${600} /></p>` : ''
        }
      </details>
    </li>`,
    )}
  </ul>`;
}

export function Lint() {
  const { findings } = useLive();
  const { numbers } = useContext(App);
  const asked = useResource(findings ? null : 'lint');
  const [only, setOnly] = useState('');
  const list = findings || (asked.data && asked.data.findings);
  const head = html`<div class="head"><h1 tabindex="-1">Lint</h1><span class="facts">
    <span>what is wrong with configuration and nodes</span></span></div>`;
  if (!list)
    return html`<div class="view">${head}${
      asked.error ? html`<${Failed} error=${asked.error} again=${asked.again} />` : html`<${Loading} />`
    }</div>`;
  const n = (s) => list.filter((f) => f.severity === s).length;
  const shown = SEVERITIES.filter((s) => !only || only === s).flatMap((s) => list.filter((f) => f.severity === s));
  return html`<div class="view">${head}
    ${
      list.length
        ? html`<div class="bar" role="group" aria-label="severity">
          <button type="button" aria-pressed=${!only} onClick=${() => setOnly('')}>all ${list.length}</button>
          ${SEVERITIES.map(
            (s) => html`<button key=${s} type="button" aria-pressed=${only === s}
            onClick=${() => setOnly(s)}><${Icon} name=${s} />${s} ${n(s)}</button>`,
          )}
        </div>
        <${Findings} list=${shown} />`
        : html`<p class="fine-line">
          <${Icon} name="up" />Nothing is wrong: ${numbers.size} members and their tables fit together.</p>`
    }
  </div>`;
}
