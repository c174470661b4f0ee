// key: one key explained: what each node reported and when, what counts and why not, and who reads what now.

import { App, html, useContext, useEffect, useRef } from '../parts/preact.js';
import { Copy, Empty, Failed, Key as KeyText, Lasts, Loading, Node, Num, Panel, Text, Time } from '../parts/bits.js';
import { useResource } from '../parts/resource.js';
import { Chart } from '../parts/chart.js';
import { Stack, elementOf } from '../parts/stack.js';
import { Icon } from '../parts/icons.js';
import { encode, link, pathWord } from '../lib/route.js';
import { grouped } from '../lib/format.js';

// Elements of arrays come with names of their own, as HAProxy prints them: gpc1.
const nameOf = (c) => c.name;
const KEPT = 20; // keys of a column whose history the server has at most; it is asked for all of them
const value = (v) =>
  typeof v === 'string'
    ? html`<${Text} v=${v} max=${24} />`
    : html`<span class="num" title=${String(v)}>${typeof v === 'number' ? grouped(v) : '–'}</span>`;

function Part({ p }) {
  const rate = p.rate ? `window: ${p.rate.curr} in ${p.rate.age_ms} ms, ${p.rate.prev} in the one before` : undefined;
  return html`<tr class=${p.counts ? '' : 'out'}>
    <th scope="row"><${Node} name=${p.peer.replace(/\(.*$/, '')} label=${p.peer} /></th>
    <td class="r" title=${rate}>${value(p.value)}</td>
    <td>${
      p.counts
        ? html`<span class="good"><${Icon} name="up" />counts</span>`
        : html`<span class="late">
      <${Icon} name="down" />${p.why || 'does not count'}</span>`
    }</td>
  </tr>`;
}

function Column({ c }) {
  const shares = c.parts.map((p) => ({
    peer: p.peer,
    node: p.peer.replace(/\(.*$/, ''),
    counts: p.counts,
    values: { v: p.value },
  }));
  return html`<section class="panel column">
    <header><h2>${nameOf(c)}${c.period_ms ? html` <span class="muted">in <${Lasts} ms=${c.period_ms} /></span>` : ''}
      </h2></header>
    <p class="formula" data-copy=${c.formula}><${Text} v=${c.formula} max=${600} /></p>
    <${Stack} shares=${shares} column="v" most=${typeof c.sum === 'number' ? c.sum : 1} />
    <table class="list"><tbody>${c.parts.map((p) => html`<${Part} key=${p.peer} p=${p} />`)}</tbody></table>
  </section>`;
}

function Reports({ x, at }) {
  return html`<div class="scroll"><table class="list">
    <thead><tr><th scope="col">Node</th><th scope="col">Its table</th><th scope="col" class="r">Reported</th>
      <th scope="col" class="r">Expires in</th><th scope="col">Counts</th></tr></thead>
    <tbody>${x.shares.map((s) => {
      const why = s.set_aside || (s.expired ? 'expired' : '') || (s.standby ? 'stands by for its group' : '');
      return html`<tr key=${s.peer} class=${why ? 'out' : ''}>
        <th scope="row"><${Node} name=${s.peer.replace(/\(.*$/, '')} label=${s.peer} /></th>
        <td><${Text} v=${s.source} /></td>
        <td class="r">${
          s.reported_ms_ago === null
            ? html`<span class="muted">not known</span>`
            : html`<${Time}
          at=${at - s.reported_ms_ago} ago=${true} /> ago`
        }</td>
        <td class="r">${s.expired ? '–' : html`<${Lasts} ms=${s.expires_ms} />`}</td>
        <td>${why ? html`<span class="late">${why}</span>` : html`<span class="good">yes</span>`}</td>
      </tr>`;
    })}</tbody>
  </table></div>`;
}

// Silent are members that feed the table and have not reported the key: their share is missing, not 0.
const Silent = ({ names }) =>
  names && names.length
    ? html`<p class="muted">Have not reported it: <${Text} v=${names.join(', ')} max=${300} /></p>`
    : '';

function Readers({ x }) {
  const columns = x.columns.map((c) => c.name).filter((c, i, all) => all.indexOf(c) === i);
  const say = (r) => {
    if (r.unknown) return ['it is catching up', 'late', 'learning'];
    if (r.acked) return ['acked', 'good', 'up'];
    return r.pushed ? ['sent, not acked yet', 'late', 'learning'] : ['not sent', 'bad', 'down'];
  };
  return html`<div class="scroll"><table class="list">
    <thead><tr><th scope="col">Peer</th><th scope="col">This change</th>${columns.map(
      (c) => html`<th key=${c}
      scope="col" class="r">reads ${c}</th>`,
    )}<th scope="col">Why</th></tr></thead>
    <tbody>${x.receivers.map((r) => {
      const [word, cls, icon] = say(r);
      return html`<tr key=${r.peer}>
        <th scope="row"><${Node} name=${r.peer} /></th>
        <td><span class=${cls}><${Icon} name=${icon} />${word}</span></td>
        ${columns.map(
          (c) => html`<td key=${c}
          class="r">${value(elementOf(r.should_read, c))}</td>`,
        )}
        <td>${r.why ? html`<${Text} v=${r.why} max=${120} />` : ''}</td>
      </tr>`;
    })}</tbody>
  </table></div>`;
}

// Minutes draws the key's own line: from the history if that has the key, and from what has been seen since.
function Minutes({ x, at, route }) {
  const { theme } = useContext(App);
  const c = x.columns.find((k) => k.period_ms) || x.columns[0];
  const past = useResource(
    c
      ? `history/keys?section=${encode(route.section)}&table=${encode(route.table)}&by=${encode(c.name)}&n=${KEPT}`
      : null,
    5000,
  );
  const seen = useRef([]);
  useEffect(() => {
    if (c && typeof c.sum === 'number') seen.current = [...seen.current, [at, c.sum]].slice(-300);
  }, [at]);
  if (!c) return '';
  const known = past.data && past.data.keys.find((k) => (k.key.text ?? k.key) === x.key.text);
  const step = known ? past.data.step_ms : 2000;
  const values = known ? known.values : seen.current.map((s) => s[1]);
  if (values.length < 2)
    return html`<${Empty}>It is not among the keys whose history is kept; its line begins now.<//>`;
  return html`<${Chart} lines=${[{ label: nameOf(c), colour: '--k0', fill: '--in-fill', values }]} step=${step}
    until=${known ? Date.parse(past.data.until) : at} height=${190} theme=${theme} label=${`${nameOf(c)} of this key, last minutes`} />`;
}

export function Key({ route }) {
  const r = useResource(`tables/${encode(route.section)}/${encode(route.table)}/keys/${pathWord(route.key)}`, 2000);
  const x = r.data;
  const k = (x && x.key && (typeof x.key === 'string' ? { text: x.key, hex: null } : x.key)) || {
    text: route.key,
    hex: null,
  };
  const back = html`<a href=${link('table', route.section, route.table)}><${Text} v=${route.table} /></a>`;
  return html`<div class="view">
    <div class="head"><h1 tabindex="-1" class="key-title"><${KeyText} k=${k} max=${72} /></h1><${Copy} text=${k.text}
      what="the key" />
      <span class="facts"><span>in ${back}</span><span>section <${Text} v=${route.section} /></span>${
        x && x.found ? html`<span>expires in <${Lasts} ms=${x.expires_ms} /></span>` : ''
      }</span></div>
    ${r.error ? html`<${Failed} error=${r.error} again=${r.again} at=${r.at} />` : ''}
    ${!x && !r.error ? html`<${Loading} />` : ''}
    ${
      x && !x.found
        ? html`<${Empty}>No node has reported this key, or it has expired. In a table of ${back} keys look as “show table” prints them.<//>`
        : ''
    }
    ${
      x && x.found
        ? html`<div class="columns three">${x.columns.map((c) => html`<${Column} key=${nameOf(c)} c=${c} />`)}</div>
          <div class="columns">
            <${Panel} id="reports" title="What each node reported"><${Reports} x=${x} at=${r.at} /><${Silent} names=${x.silent} /><//>
            <${Panel} id="minutes" title="Last minutes"><${Minutes} x=${{ ...x, key: k }} at=${r.at} route=${route} />
              <//>
          </div>
          <${Panel} id="readers" title="Who has it, and what each should read now"><${Readers} x=${x} /><//>`
        : ''
    }
  </div>`;
}
