// overview: what is wrong, then each section drawn, and its peers in a list.

import { html, useLive, useNow, useState } from '../parts/preact.js';
import { Bar, Empty, Loading, Lasts, Num, Panel, Severity, State, Text, Time } from '../parts/bits.js';
import { Drawing } from '../parts/drawing.js';
import { Icon } from '../parts/icons.js';
import { findingsFor, ROLE, worst, worstFirst } from '../lib/peers.js';
import { troubles } from '../lib/trouble.js';
import { link } from '../lib/route.js';
import { plural } from '../lib/format.js';

const SHOWN = 50; // peers in the list before "show all"

// note is what stands beside the name of a section.
const note = (s) =>
  [
    plural(s.peers.length, 'peer') + (s.max_peers ? ` of at most ${s.max_peers}` : ''),
    s.shard && `shard ${s.shard}`,
    s.observe && 'observe',
  ]
    .filter(Boolean)
    .join(' · ');

function Banner({ t }) {
  return html`<li class=${'banner v-' + t.level}>
    <${Icon} name=${t.level} />
    <div><b><${Text} v=${t.text} max=${400} /></b> <span>${t.act}</span></div>
    ${t.of ? html`<${Bar} done=${t.done} of=${t.of} label="members heard" />` : ''}
    ${t.href ? html`<a class="button" href=${t.href}>Look at it</a>` : ''}
  </li>`;
}

function Lesson({ p }) {
  const { from_peer: from, to_peer: to } = p.lesson || {};
  if (to && to.running) return html`<${Bar} done=${to.sent} of=${to.total} label=${`rows taught to ${p.name}`} />`;
  if (from && from.running) return html`<${Bar} done=${from.rows} label=${`rows learned from ${p.name}`} />`;
  return html`<span class="muted">${p.learned ? 'finished' : '–'}</span>`;
}

function Row({ p, findings }) {
  const mark = worst(findings);
  return html`<tr class=${'s-' + p.state}>
    <td><${State} state=${p.state} /></td>
    <th scope="row"><a href=${link('peer', p.section, p.name)}><${Text} v=${p.name} max=${28} /></a>${
      p.dynamic ? html` <span class="tag">dynamic</span>` : ''
    }</th>
    <td>${ROLE[p.role] || p.role}</td>
    <td>${p.group ? html`<${Text} v=${p.group} max=${16} />` : html`<span class="muted">–</span>`}</td>
    <td class="r"><${Num} v=${p.updates_in_rate} unit="/s" /></td>
    <td class="r"><${Num} v=${p.updates_out_rate} unit="/s" /></td>
    <td class="r"><${Num} v=${p.acks_behind} class=${p.acks_behind > 1000 ? 'late' : ''} /></td>
    <td><${Lesson} p=${p} /></td>
    <td class="r"><${Num} v=${p.drops} /></td>
    <td class="r"><${Num} v=${p.protocol_errors} class=${p.protocol_errors ? 'bad' : ''} /></td>
    <td class="r"><${Time} at=${p.since} ago=${true} /></td>
    <td>${mark ? html`<a href=${link('lint')}><${Severity} level=${mark} /></a>` : ''}</td>
  </tr>`;
}

function Peers({ section, findings }) {
  const [all, setAll] = useState(false);
  const [word, setWord] = useState('');
  const found = worstFirst(
    section.peers.filter((p) => `${p.name} ${p.state} ${p.role} ${p.group} ${p.remote}`.includes(word.trim())),
  );
  const shown = all ? found : found.slice(0, SHOWN);
  const id = 'peers-' + section.id;
  return html`<div class="scroll">
    ${
      section.peers.length > 8
        ? html`<div class="bar"><label for=${id}>Peers with</label><input id=${id} type="search" value=${word}
          placeholder="name, state, role, address" onInput=${(e) => setWord(e.target.value)} />
          <span class="muted" role="status">${plural(found.length, 'peer')}</span></div>`
        : ''
    }
    <table class="list">
      <caption class="hidden">${`peers of section ${section.id}, the worst first`}</caption>
      <thead><tr>
        <th scope="col">State</th><th scope="col">Peer</th><th scope="col">Role</th><th scope="col">Group</th>
        <th scope="col" class="r">In</th><th scope="col" class="r">Out</th><th scope="col" class="r">Behind</th>
          <th scope="col">Lesson</th>
        <th scope="col" class="r">Drops</th><th scope="col" class="r">Errors</th><th scope="col" class="r">Since</th>
          <th scope="col">Lint</th>
      </tr></thead>
      <tbody>${shown.map(
        (p) => html`<${Row} key=${p.name} p=${p}
        findings=${findingsFor(findings, { section: section.id, peer: p.name })} />`,
      )}</tbody>
    </table>
    ${
      shown.length < found.length
        ? html`<button type="button" onClick=${() => setAll(true)}>Show all ${found.length}
      </button>`
        : ''
    }
  </div>`;
}

function Process({ info }) {
  if (!info) return '';
  return html`<span class="facts">
    <span>${info.host}</span><span>version ${info.version}</span><span>up <${Lasts} ms=${info.uptime_ms} /></span>
    <span class=${info.ready ? 'good' : 'bad'}>${info.ready ? 'ready' : 'not ready'}</span>
  </span>`;
}

export function Overview() {
  const { topology, tables, info, findings, lintCounts } = useLive();
  const now = useNow();
  if (!topology) return html`<${Loading} />`;
  const list = troubles({ info, topology, findings, lintCounts });
  return html`<div class="view">
    <div class="head"><h1 tabindex="-1">Overview</h1><${Process} info=${info} /></div>
    ${
      list.length
        ? html`<ul class="banners" aria-label="what is wrong">${list.map(
            (t) => html`<${Banner} key=${t.text}
          t=${t} />`,
          )}</ul>`
        : html`<p class="fine-line">
          <${Icon} name="up" />All is well: every peer is up, and lint has found no error.</p>`
    }
    ${topology.sections.map(
      (s) => html`<${Panel} key=${s.id} id=${'section-' + s.id} title=${html`Section <${Text} v=${s.id} />`}
        note=${note(s)}>
        <${Drawing} section=${s} tables=${tables} findings=${findings} now=${now} />
        <${Peers} section=${s} findings=${findings} />
      <//>`,
    )}
    ${
      topology.sections.length
        ? ''
        : html`<${Empty}>No section is configured: write “aggregations ID” with a “from” line and peers.<//>`
    }
  </div>`;
}
