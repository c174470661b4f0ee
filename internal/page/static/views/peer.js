// peer: one peer and its session: who it is, what it sends, what went wrong.

import { html, useLive } from '../parts/preact.js';
import { Bytes, Empty, Loading, Node, Num, Panel, State, Text, Time } from '../parts/bits.js';
import { Brief } from './lint.js';
import { findingsFor, ROLE, STATE_HELP } from '../lib/peers.js';
import { link } from '../lib/route.js';

function Facts({ list }) {
  return html`<dl class="facts-list">${list.map(
    ([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${value}
    </dd></div>`,
  )}</dl>`;
}

function Lanes({ p }) {
  if (!p.lanes.length) return html`<${Empty}>It has announced no table that a section takes (see the from line).<//>`;
  return html`<div class="scroll"><table class="list">
    <thead><tr><th scope="col">Its table</th><th scope="col">Feeds</th><th scope="col" class="r">Entries</th>
      <th scope="col">Counts</th></tr></thead>
    <tbody>${p.lanes.map(
      (l) => html`<tr key=${l.name}>
      <th scope="row"><${Text} v=${l.name} /></th>
      <td><a href=${link('table', p.section, l.target)}><${Text} v=${l.target} /></a></td>
      <td class="r"><${Num} v=${l.entries} /></td>
      <td>${l.counts ? html`<span class="good">yes</span>` : html`<span class="late">no: ${l.why}</span>`}</td>
    </tr>`,
    )}</tbody>
  </table></div>`;
}

export function Peer({ route }) {
  const { topology, findings } = useLive();
  if (!topology) return html`<${Loading} />`;
  const section = topology.sections.find((s) => s.id === route.section);
  const p = section && section.peers.find((x) => x.name === route.peer);
  if (!p) {
    return html`<div class="view"><h1 tabindex="-1">No such peer</h1>
      <${Empty}>Section ${route.section} has no peer <${Text}
        v=${route.peer} />: it may have gone with a reload, or was dynamic and is forgotten. <a href="#/">Overview</a>
          <//></div>`;
  }
  const found = findingsFor(findings, { section: p.section, peer: p.name });
  return html`<div class="view">
    <div class="head"><h1 tabindex="-1"><${Node} name=${p.name} /></h1><span class="facts">
      <${State} state=${p.state} /><span>${STATE_HELP[p.state]}, for <${Time} at=${p.since} ago=${true} /></span>
        </span></div>
    ${
      p.error
        ? html`<p class="banner v-error" role="note"><span>Last protocol error, at <${Time}
      at=${p.error.at} />: <b><${Text} v=${p.error.text} max=${300} /></b></span></p>`
        : ''
    }
    ${found.length ? html`<${Brief} list=${found} />` : ''}
    <div class="columns">
      <${Panel} id="who" title="Who it is">
        <${Facts} list=${[
          ['Section', p.section],
          ['Role', ROLE[p.role] || p.role],
          ['Group', p.group || '–'],
          ['Comes from', p.remote || '–'],
          ['Is called at', p.addr || 'it only calls'],
          ['TLS', p.tls || 'none'],
          ['Certificate', html`<${Text} v=${(p.cert_names || []).join(', ') || '–'} max=${60} />`],
          ['Protocol', `2.${p.minor}`],
          ['Process', html`<${Text} v=${p.pid || '–'} />`],
          ['Last status', String(p.last_status || '–')],
        ]} />
      <//>
      <${Panel} id="flow" title="What flows">
        <${Facts} list=${[
          ['From it', html`<${Num} v=${p.updates_in_rate} unit=" updates/s" />`],
          ['To it', html`<${Num} v=${p.updates_out_rate} unit=" updates/s" />`],
          ['Updates from it', html`<${Num} v=${p.updates_in} />`],
          ['Updates to it', html`<${Num} v=${p.updates_out} />`],
          ['Bytes from it', html`<${Bytes} v=${p.bytes_in} />`],
          ['Bytes to it', html`<${Bytes} v=${p.bytes_out} />`],
          ['Not acked yet', html`<${Num} v=${p.acks_behind} />`],
          ['Sessions', html`<${Num} v=${p.sessions} />`],
          ['Sessions that ended', html`<${Num} v=${p.drops} />`],
          ['Protocol errors', html`<${Num} v=${p.protocol_errors} />`],
        ]} />
      <//>
    </div>
    <${Panel} id="lanes" title="Its tables"><${Lanes} p=${p} /><//>
  </div>`;
}
