// adopt: from what one has to the two files to write. It computes at the server and changes nothing.

import { html, useState } from '../parts/preact.js';
import { Copy, Failed, Panel, Text } from '../parts/bits.js';
import { Icon } from '../parts/icons.js';
import { post } from '../lib/api.js';

const TYPES = ['ip', 'ipv6', 'string', 'integer', 'binary'];
const node = () => ({ name: '', address: '' });
const limit = () => ({ column: 'http_req_rate', period: '10s', value: '100' });
const table = () => ({
  name: 'web',
  type: 'ip',
  length: '',
  expire: '10m',
  store: 'http_req_rate(10s)',
  limits: [limit()],
});

// Field is a labelled input of a form; the label is what a screen reader says.
function Field({ id, label, value, set, hint, wide, type }) {
  return html`<span class=${wide ? 'field wide' : 'field'}>
    <label for=${id}>${label}</label>
    <input id=${id} type=${type || 'text'} value=${value} placeholder=${hint || ''} spellcheck=${false}
      autocomplete="off" onInput=${(e) => set(e.target.value)} />
  </span>`;
}

// Rows is a list of like things, which can be added to and taken from.
function Rows({ list, set, make, what, each, one }) {
  const change = (i, next) => set(list.map((x, k) => (k === i ? next : x)));
  return html`<fieldset>
    <legend>${what}</legend>
    ${list.map(
      (x, i) => html`<div class="row" key=${i}>
      ${one(x, (part) => change(i, { ...x, ...part }), i)}
      ${
        list.length > 1
          ? html`<button type="button" class="small"
        onClick=${() => set(list.filter((_, k) => k !== i))} aria-label=${`take out ${each} ${i + 1}`}>take out</button>`
          : ''
      }
    </div>`,
    )}
    <button type="button" class="small" onClick=${() => set([...list, make()])}>add a ${each}</button>
  </fieldset>`;
}

// request is what the API takes: empty fields are left out, numbers are numbers.
export function request(f) {
  const aggregator = { name: f.aggregator.name.trim(), address: f.aggregator.address.trim() };
  if (f.mode === 'paste') return { haproxy_cfg: f.text, aggregator };
  return {
    nodes: f.nodes.filter((n) => n.name.trim()).map((n) => ({ name: n.name.trim(), address: n.address.trim() })),
    tables: f.tables
      .filter((t) => t.name.trim())
      .map((t) => ({
        name: t.name.trim(),
        type: t.type,
        length: t.length === '' ? null : Number(t.length),
        expire: t.expire.trim(),
        store: t.store.trim(),
        limits: t.limits
          .filter((l) => l.value !== '')
          .map((l) => ({ column: l.column.trim(), period: l.period.trim(), value: Number(l.value) })),
      })),
    aggregator,
  };
}

// download hands a file to the browser without asking any server.
function download(name, text) {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
  const a = Object.assign(document.createElement('a'), { href: url, download: name });
  a.click();
  URL.revokeObjectURL(url);
}

function Files({ answer }) {
  return html`<div class="files" aria-live="polite">
    ${
      (answer.notes || []).length
        ? html`<ul class="notes">${answer.notes.map(
            (n) => html`<li key=${n}><${Text} v=${n}
      max=${600} /></li>`,
          )}</ul>`
        : ''
    }
    <div class="columns">${answer.files.map(
      (f, i) => html`<${Panel} key=${f.name} id=${'file-' + i} title=${html`<${Text} v=${f.name} />`}
      note=${html`<${Copy} text=${f.text} what=${f.name} /> <button type="button" class="small"
        onClick=${() => download(f.name, f.text)} aria-label=${'download ' + f.name}>
          <${Icon} name="save" />download</button>`}>
      <pre class="file" tabindex="0" aria-label=${f.name}>${f.text}</pre>
    <//>`,
    )}</div>
  </div>`;
}

// Ours is where nodes find us, whatever one begins with.
function Ours({ f, set }) {
  return html`<fieldset><legend>tallystick</legend><div class="row">
      <${Field} id="agg" label="Name" value=${f.aggregator.name}
        set=${(name) => set({ aggregator: { ...f.aggregator, name } })} />
      <${Field} id="agg-at" label="Address" value=${f.aggregator.address} hint="192.0.2.5:10000"
        set=${(address) => set({ aggregator: { ...f.aggregator, address } })} />
    </div></fieldset>`;
}

function Form({ f, set }) {
  return html`
    <${Rows} what="nodes" each="node" list=${f.nodes} make=${node} set=${(nodes) => set({ nodes })} one=${(
      n,
      change,
      i,
    ) => html`
      <${Field} id=${'node-' + i} label="Name" value=${n.name} hint="lb1" set=${(name) => change({ name })} />
      <${Field} id=${'node-at-' + i} label="Address" value=${n.address} hint="192.0.2.11:10000"
        set=${(address) => change({ address })} />`} />
    <${Rows} what="tables" each="table" list=${f.tables} make=${table} set=${(tables) => set({ tables })} one=${(
      t,
      change,
      i,
    ) => html`
      <${Field} id=${'table-' + i} label="Name" value=${t.name} set=${(name) => change({ name })} />
      <span class="field"><label for=${'type-' + i}>Type</label><select id=${'type-' + i} value=${t.type}
        onChange=${(e) => change({ type: e.target.value })}>${TYPES.map(
          (x) => html`<option key=${x} value=${x}>${x}
          </option>`,
        )}</select></span>
      ${
        t.type === 'string' || t.type === 'binary'
          ? html`<${Field} id=${'len-' + i} label="Length" type="number"
        value=${t.length} hint="32" set=${(length) => change({ length })} />`
          : ''
      }
      <${Field} id=${'expire-' + i} label="Expires after" value=${t.expire} set=${(expire) => change({ expire })} />
      <${Field} id=${'store-' + i} label="Stores" wide=${true} value=${t.store} set=${(store) => change({ store })} />
      <${Rows} what=${`limits of table ${i + 1}`} each="limit" list=${t.limits} make=${limit}
        set=${(limits) => change({ limits })} one=${(l, alter, k) => html`
        <${Field} id=${`limit-${i}-${k}`} label="Column" value=${l.column} set=${(column) => alter({ column })} />
        <${Field} id=${`period-${i}-${k}`} label="In" value=${l.period} set=${(period) => alter({ period })} />
        <${Field} id=${`value-${i}-${k}`} label="At most" type="number" value=${l.value}
          set=${(value) => alter({ value })} />`} />`} />`;
}

export function Adopt() {
  const [f, put] = useState({
    mode: 'form',
    text: '',
    nodes: [node(), node()],
    tables: [table()],
    aggregator: { name: 'agg1', address: '' },
  });
  const [state, say] = useState({ busy: false, answer: null, error: null });
  const set = (change) => put((old) => ({ ...old, ...change }));
  const go = (e) => {
    e.preventDefault();
    say({ busy: true, answer: null, error: null });
    post('adopt', request(f)).then(
      (answer) => say({ busy: false, answer, error: null }),
      (error) => say({ busy: false, answer: null, error }),
    );
  };
  const ready =
    f.mode === 'paste' ? f.text.trim() : f.nodes.some((n) => n.name.trim()) && f.tables.some((t) => t.name.trim());
  return html`<div class="view">
    <div class="head"><h1 tabindex="-1">Adopt</h1><span class="facts">
      <span>files that fit together; nothing is changed here</span></span></div>
    <form class="panel adopt" onSubmit=${go}>
      <div class="bar" role="group" aria-label="what to begin with">
        <button type="button" aria-pressed=${f.mode === 'form'}
          onClick=${() => set({ mode: 'form' })}>I name nodes and tables</button>
        <button type="button" aria-pressed=${f.mode === 'paste'}
          onClick=${() => set({ mode: 'paste' })}>I have a haproxy.cfg</button>
      </div>
      ${
        f.mode === 'paste'
          ? html`<span class="field wide">
            <label for="cfg">haproxy.cfg of one node, with its peers section and tables</label><textarea id="cfg"
              rows="16" spellcheck=${false} value=${f.text} onInput=${(e) => set({ text: e.target.value })}>
                </textarea></span>`
          : html`<${Form} f=${f} set=${set} />`
      }
      <${Ours} f=${f} set=${set} />
      <div class="bar"><button type="submit" class="main"
        disabled=${!ready || state.busy}>${state.busy ? 'Working …' : 'Write the files'}</button>
        <span class="muted">${
          ready ? '' : f.mode === 'paste' ? 'Paste the file first.' : 'At least one node and one table need a name.'
        }</span>
            </div>
    </form>
    ${state.error ? html`<${Failed} error=${state.error} />` : ''}
    ${state.answer ? html`<${Files} answer=${state.answer} />` : ''}
  </div>`;
}
