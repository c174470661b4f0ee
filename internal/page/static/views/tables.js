// tables: all tables, what flows through them, and who does not hear them.

import { App, html, useContext, useLive, useState } from '../parts/preact.js';
import { Bytes, Empty, Failed, Lasts, Loading, Num, Severity, Text } from '../parts/bits.js';
import { useResource } from '../parts/resource.js';
import { Chart } from '../parts/chart.js';
import { findingsFor, worst } from '../lib/peers.js';
import { link } from '../lib/route.js';
import { duration, plural } from '../lib/format.js';

const LATE = 1000; // changes behind before it is worth a word
const CHARTS = 40; // sparklines drawn; the figures are there for every table

// Receivers says how many hear the table, and names those that do not, or late.
export function Receivers({ list, max = 3 }) {
  const deaf = list.filter((r) => r.not_to);
  const late = list.filter((r) => !r.not_to && r.behind > LATE);
  const odd = [...deaf.map((r) => [r, r.not_to, 'bad']), ...late.map((r) => [r, `${r.behind} behind`, 'late'])];
  return html`<div class="receivers">
    <span class="num">${list.length - deaf.length} of ${list.length}</span>
    ${odd.slice(0, max).map(
      ([r, why, cls]) => html`<span key=${r.peer} class=${'chip ' + cls}><${Text} v=${r.peer}
      max=${16} />: ${why}</span>`,
    )}
    ${odd.length > max ? html`<span class="muted">and ${odd.length - max} more</span>` : ''}
  </div>`;
}

export const Lag = ({ lag }) =>
  lag
    ? html`<span title="half of the changes are out within the first, 99 % within the second">
      <${Lasts} ms=${lag.p50} /> / <${Lasts} ms=${lag.p99} /></span>`
    : html`<span class="muted">–</span>`;

export const typeOf = (t) => t.type + (t.key_length && t.type !== 'ip' && t.type !== 'ipv6' ? ` ${t.key_length}` : '');

// Flow is the sparkline of what comes in and goes out.
export function Flow({ history, t, small, height }) {
  const { theme } = useContext(App);
  const s = history && history.series.find((x) => x.section === t.section && x.table === t.name);
  if (!s) return html`<span class="muted">–</span>`;
  const lines = [
    { label: 'in', colour: '--in', fill: '--in-fill', values: s.in },
    { label: 'out', colour: '--out', values: s.out },
  ];
  return html`<${Chart} lines=${lines} step=${history.step_ms} until=${Date.parse(history.until)} small=${small}
    height=${height} unit="/s" theme=${theme}
    label=${`updates in and out of ${t.name}, last ${duration(history.step_ms * s.in.length)}`} />`;
}

function Row({ t, history, findings, drawn }) {
  const mark = worst(findings);
  const leads = (t.leads || []).filter((l) => l.peer);
  return html`<tr>
    <th scope="row">
      <a href=${link('table', t.section, t.name)}><${Text} v=${t.name} max=${32} /></a>
      <div class="under">${typeOf(t)}${t.relayed ? ' · relayed from above' : ''}${
        t.sources.length ? html` · from <${Text} v=${t.sources.join(', ')} max=${40} />` : ''
      }${
        leads.length
          ? html` · <${Text}
          v=${leads.map((l) => l.peer).join(', ')} max=${30} /> leads`
          : ''
      }</div>
    </th>
    <td class="r"><${Num} v=${t.rate_in} unit="/s" /></td>
    <td class="r"><${Num} v=${t.rate_out} unit="/s" /></td>
    <td class="spark">${drawn ? html`<${Flow} history=${history} t=${t} small=${true} height=${36} />` : ''}</td>
    <td class="r"><${Num} v=${t.entries} /></td>
    <td class="r"><${Bytes} v=${t.bytes} /></td>
    <td class="r"><${Lag} lag=${t.lag_ms} /></td>
    <td><${Receivers} list=${t.receivers} /></td>
    <td>${mark ? html`<a href=${link('lint')}><${Severity} level=${mark} /></a>` : ''}${
      t.notes.length
        ? html`<span class="chip late" title=${t.notes.join('\n')}>${plural(t.notes.length, 'note')}</span>`
        : ''
    }</td>
  </tr>`;
}

export function Tables() {
  const { tables, findings } = useLive();
  const history = useResource('history?seconds=600', 5000);
  const [word, setWord] = useState('');
  if (!tables) return html`<${Loading} />`;
  const found = tables.filter((t) => `${t.section} ${t.name} ${t.type}`.includes(word.trim()));
  const sections = [...new Set(found.map((t) => t.section))];
  let n = 0;
  return html`<div class="view">
    <div class="head"><h1 tabindex="-1">Tables</h1>
      <span class="legend"><span><i class="line in"></i>in</span><span><i class="line out"></i>out</span></span>
    </div>
    ${
      tables.length > 6
        ? html`<div class="bar"><label for="tables-with">Tables with</label><input id="tables-with" type="search"
          value=${word} onInput=${(e) => setWord(e.target.value)} /><span class="muted"
            role="status">${plural(found.length, 'table')}</span></div>`
        : ''
    }
    ${history.error ? html`<${Failed} error=${history.error} again=${history.again} at=${history.at} />` : ''}
    ${sections.map(
      (s) => html`<section class="panel scroll" key=${s}>
      <table class="list tall flows">
        <caption>Section <${Text} v=${s} /></caption>
        <thead><tr>
          <th scope="col">Table</th><th scope="col" class="r">In</th><th scope="col" class="r">Out</th>
            <th scope="col">Last minutes</th><th scope="col" class="r">Entries</th>
          <th scope="col" class="r">Memory</th><th scope="col" class="r">Lag 50 / 99 %</th>
            <th scope="col">Hear it</th><th scope="col">Lint</th>
        </tr></thead>
        <tbody>${found
          .filter((t) => t.section === s)
          .map(
            (t) => html`<${Row} key=${t.name} t=${t}
          history=${history.data} drawn=${n++ < CHARTS}
            findings=${findingsFor(findings, { section: s, table: t.name })} />`,
          )}</tbody>
      </table>
    </section>`,
    )}
    ${
      tables.length
        ? ''
        : html`<${Empty}>No node has announced a table that a “from” line takes. On a node: a stick-table in a peers section that names us.<//>`
    }
  </div>`;
}
