// table: one table: its top keys by a column, whose share is how much, and how that was in the last minutes.

import { App, html, useContext, useEffect, useLive, useMemo, useState } from '../parts/preact.js';
import { Bytes, Empty, Failed, Key, Lasts, Loading, Node, Num, Panel, Text } from '../parts/bits.js';
import { useResource } from '../parts/resource.js';
import { Chart } from '../parts/chart.js';
import { Stack, elementOf } from '../parts/stack.js';
import { Flow, Lag, Receivers, typeOf } from './tables.js';
import { Brief } from './lint.js';
import { findingsFor } from '../lib/peers.js';
import { columnNames, parse } from '../lib/filter.js';
import { encode, link, withQuery } from '../lib/route.js';
import { duration, plural } from '../lib/format.js';

const COUNTS = [10, 20, 50, 100, 200];
const PUSHED = 100; // the most that the events bring; more is asked for
const LINES = 8; // keys drawn as lines: more cannot be told apart
const set = (changes) => {
  location.hash = withQuery(location.hash, changes);
};

// best is the column that an operator looks at first: a rate of requests, else any rate, else any number.
function best(columns, names) {
  const rate = columns.find((c) => c.name === 'http_req_rate') || columns.find((c) => c.kind === 'rate');
  const element = (n) => rate.name.includes('_rate') && n.startsWith(rate.name.split('_')[0]) && /\d/.test(n);
  return (rate && (names.find((n) => n === rate.name) || names.find(element))) || names[0] || '';
}

function Filter({ t, route }) {
  const now = route.params.get('filter') || '';
  const [text, setText] = useState(now);
  useEffect(() => setText(now), [now, t.name]);
  const read = parse(text, t.columns);
  const go = (e) => {
    e.preventDefault();
    if (read.error) return;
    if (read.key) location.hash = link('key', t.section, t.name, read.key);
    else set({ filter: text.trim() });
  };
  return html`<form class="filter" onSubmit=${go}>
    <label for="filter">Filter</label>
    <input id="filter" value=${text} spellcheck=${false} autocomplete="off"
      placeholder="data.http_req_rate gt 100   or   key 192.0.2.1"
      aria-invalid=${Boolean(read.error)} aria-describedby="filter-said" onInput=${(e) => setText(e.target.value)} />
    <button type="submit" disabled=${Boolean(read.error)}>Apply</button>
    ${now ? html`<button type="button" onClick=${() => set({ filter: null })}>Clear</button>` : ''}
    <span id="filter-said" class=${read.error ? 'bad' : 'muted'} role="status">${read.error || ''}</span>
  </form>`;
}

function Top({ t, entries, by, more, columns }) {
  const [lit, light] = useState(null);
  const nodes = useMemo(
    () => [...new Set(entries.flatMap((e) => e.shares.filter((s) => s.counts).map((s) => s.node)))],
    [entries],
  );
  const most = Math.max(1, ...entries.map((e) => elementOf(e.sum, by) || 0));
  return html`<div class="legend" aria-label="colours of nodes">${nodes.slice(0, 40).map(
    (n) => html`<button
    type="button" key=${n} class="quiet" aria-pressed=${lit === n} onClick=${() => light(lit === n ? null : n)}>
      <${Node} name=${n} /></button>`,
  )}${nodes.length > 40 ? html`<span class="muted">and ${nodes.length - 40} more</span>` : ''}</div>
    <div class="scroll"><table class="list keys">
      <caption class="hidden">${`top keys of ${t.name} by ${by}`}</caption>
      <thead><tr><th scope="col">Key</th>
        ${columns.map(
          (c) => html`<th key=${c} scope="col" class=${c === by ? 'r sorted' : 'r'}
          aria-sort=${c === by ? 'descending' : undefined}><button type="button" class="quiet"
            onClick=${() => set({ by: c })}>${c}${c === by ? ' ↓' : ''}</button></th>`,
        )}
        <th scope="col" class="wide">Share of each node in ${by}</th><th scope="col" class="r">Expires</th>
      </tr></thead>
      <tbody>${entries.map(
        (e) => html`<tr key=${e.key.text}>
        <th scope="row"><a href=${link('key', t.section, t.name, e.key.text)}><${Key} k=${e.key} max=${44} /></a></th>
        ${columns.map((c) => {
          const v = elementOf(e.sum, c);
          return html`<td key=${c} class=${c === by ? 'r strong' : 'r'}>${
            typeof v === 'string'
              ? html`<${Text} v=${v}
            max=${24} />`
              : html`<${Num} v=${v} />`
          }</td>`;
        })}
        <td class="wide"><${Stack} shares=${e.shares} column=${by} most=${most} lit=${lit} /></td>
        <td class="r"><${Lasts} ms=${e.expires_ms} /></td>
      </tr>`,
      )}</tbody>
    </table></div>
    ${more ? html`<p class="muted">There are more keys than these ${entries.length}.</p>` : ''}`;
}

function Lines({ t, by }) {
  const { theme } = useContext(App);
  const r = useResource(
    by ? `history/keys?section=${encode(t.section)}&table=${encode(t.name)}&by=${encode(by)}&n=${LINES}` : null,
    5000,
  );
  if (r.error) return html`<${Failed} error=${r.error} again=${r.again} at=${r.at} />`;
  if (!r.data) return html`<${Loading} />`;
  if (!r.data.keys.length) return html`<${Empty}>No history yet: it begins when the table has its first key.<//>`;
  const lines = r.data.keys.map((k, i) => ({
    label: k.key.text ?? String(k.key),
    colour: `--k${i % LINES}`,
    values: k.values,
  }));
  return html`<${Chart} lines=${lines} step=${r.data.step_ms} until=${Date.parse(r.data.until)} height=${230}
    theme=${theme} label=${`${by} of the top keys, last ${duration(r.data.step_ms * lines[0].values.length)}`} />`;
}

export function Table({ route }) {
  const { live } = useContext(App);
  const { tables, findings, top, link: connection } = useLive();
  const t = tables && tables.find((x) => x.section === route.section && x.name === route.table);
  const names = t ? columnNames(t.columns) : [];
  const numbers = t ? columnNames(t.columns.filter((c) => c.kind !== 'text' && c.kind !== 'tag')) : [];
  const by = names.includes(route.params.get('by')) ? route.params.get('by') : best(t ? t.columns : [], numbers);
  const n = COUNTS.includes(+route.params.get('n')) ? +route.params.get('n') : 20;
  const { filters } = parse(route.params.get('filter') || '', t ? t.columns : []);
  const where = `${encode(route.section)}/${encode(route.table)}`;
  const query = `top=${n}&by=${encode(by)}${filters.map((f) => '&filter=' + encode(f)).join('')}`;
  const asked = useResource(t ? `tables/${where}/entries?${query}` : null, 2000);
  const history = useResource(
    t ? `history?section=${encode(route.section)}&table=${encode(route.table)}&seconds=600` : null,
    5000,
  );
  const [hidden, hide] = useState(() => new Set());

  // Without a filter the top keys come by themselves with the events.
  const wanted =
    t && by && n <= PUSHED && !filters.length
      ? `?section=${encode(route.section)}&table=${encode(route.table)}&top=${n}&by=${encode(by)}`
      : '';
  useEffect(() => {
    live.watch(wanted);
    return () => live.watch('');
  }, [wanted]);

  if (!tables) return html`<${Loading} />`;
  if (!t) {
    return html`<div class="view"><h1 tabindex="-1">No such table</h1>
      <${Empty}>Section ${route.section} publishes no table <${Text} v=${route.table} />. It has
      ${tables
        .filter((x) => x.section === route.section)
        .map(
          (x) => html` <a
        href=${link('table', x.section, x.name)}><${Text} v=${x.name} />
          </a>`,
        )}; <a href=${link('tables')}>all tables</a>.<//></div>`;
  }
  const pushed =
    wanted &&
    connection === 'live' &&
    top &&
    top.table === t.name &&
    (!top.section || top.section === t.section) &&
    (!top.by || top.by === by)
      ? top
      : null;
  const data = pushed || asked.data;
  const columns = names.filter((c) => !hidden.has(c));
  const toggle = (c) =>
    hide((old) => {
      const next = new Set(old);
      if (!next.delete(c)) next.add(c);
      return next;
    });
  const found = findingsFor(findings, { section: t.section, table: t.name });
  return html`<div class="view">
    <div class="head"><h1 tabindex="-1"><${Text} v=${t.name} /></h1>
      <span class="facts"><span>section <${Text} v=${t.section} /></span><span>${typeOf(t)}</span><span>
        <${Num} v=${t.entries} /> entries</span><span><${Bytes} v=${t.bytes} /></span>
        <span>in <${Num} v=${t.rate_in} unit="/s" /></span><span>out <${Num} v=${t.rate_out} unit="/s" /></span>
          <span>lag <${Lag} lag=${t.lag_ms} /></span><span>expires after <${Lasts} ms=${t.expire_ms} /></span></span>
    </div>
    ${found.length ? html`<${Brief} list=${found} />` : ''}
    ${
      t.notes.length
        ? html`<ul class="notes" aria-label="disagreements">${t.notes.map(
            (x) => html`<li key=${x}>
      <${Text} v=${x} max=${400} /></li>`,
          )}</ul>`
        : ''
    }
    <div class="columns">
      <${Panel} id="lines" title=${`Last minutes, ${by}`}><${Lines} t=${t} by=${by} /><//>
      <${Panel} id="flow" title="Updates in and out" note=${html`heard by <${Receivers} list=${t.receivers}
        max=${4} />`}><${Flow} history=${history.data} t=${t} height=${190} /><//>
    </div>
    <${Panel} id="top" title="Top keys" note=${filters.length ? `only ${filters.join(' and ')}` : ''}>
      <div class="bar">
        <label for="by">By</label><select id="by" value=${by}
          onChange=${(e) => set({ by: e.target.value })}>${numbers.map(
            (c) => html`<option key=${c} value=${c}>${c}
            </option>`,
          )}</select>
        <label for="n">Keys</label><select id="n" value=${n}
          onChange=${(e) => set({ n: e.target.value })}>${COUNTS.map(
            (c) => html`<option key=${c} value=${c}>${c}
            </option>`,
          )}</select>
        <details class="pick"><summary>Columns</summary><div role="group"
          aria-label="columns shown">${names.map(
            (c) => html`<label key=${c}><input type="checkbox"
            checked=${!hidden.has(c)} disabled=${c === by} onChange=${() => toggle(c)} />${c}</label>`,
          )}</div>
              </details>
        <${Filter} t=${t} route=${route} />
      </div>
      ${asked.error && !pushed ? html`<${Failed} error=${asked.error} again=${asked.again} at=${asked.at} />` : ''}
      ${
        data
          ? data.entries.length
            ? html`<${Top} t=${t} entries=${data.entries} by=${by} more=${data.more}
        columns=${columns} />`
            : html`<${Empty}>${filters.length ? 'No key is like that.' : 'The table is empty.'}
          <//>`
          : asked.error
            ? ''
            : html`<${Loading} />`
      }
      <p class="muted">${plural(t.contributions, 'share')} of ${plural(t.entries, 'key')}.</p>
    <//>
  </div>`;
}
