// find: one key looked for in all tables.

import { App, html, useContext, useEffect, useLive, useState } from '../parts/preact.js';
import { Empty, Failed, Key, Loading, Num, Panel, Text } from '../parts/bits.js';
import { Stack, elementOf } from '../parts/stack.js';
import { call } from '../lib/api.js';
import { columnNames } from '../lib/filter.js';
import { encode, link } from '../lib/route.js';

const AT_ONCE = 6; // questions on their way: a section may have 256 tables

// ask looks in every table, a few at a time, and tells after each.
async function ask(tables, key, signal, tell) {
  const left = [...tables];
  const worker = async () => {
    for (let t = left.shift(); t; t = left.shift()) {
      try {
        const a = await call(`tables/${encode(t.section)}/${encode(t.name)}/entries?key=${encode(key)}`, { signal });
        tell(t, a.entries[0] || null, null);
      } catch (err) {
        if (err.name === 'AbortError') return;
        // A key that a table cannot have (no address, say) is not in it: that is no failure.
        tell(t, null, err.status === 400 || err.status === 404 ? null : err);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

function Hit({ t, e }) {
  const columns = columnNames(t.columns);
  const by = columns.find((c) => c.endsWith('_rate')) || columns[0];
  return html`<${Panel} id=${`hit-${t.section}-${t.name}`} title=${html`<a
    href=${link('key', t.section, t.name, e.key.text)}><${Text} v=${t.name} /></a>`} note=${html`section <${Text}
      v=${t.section} />`}>
    <p class="facts"><${Key} k=${e.key} />${columns.slice(0, 6).map(
      (c) => html`<span key=${c}>${c} <${Num}
      v=${elementOf(e.sum, c)} /></span>`,
    )}</p>
    <${Stack} shares=${e.shares} column=${by} most=${elementOf(e.sum, by) || 1} />
  <//>`;
}

export function Find({ route }) {
  const { tables } = useLive();
  const { live } = useContext(App);
  const [found, set] = useState({ hits: [], asked: 0, errors: [] });
  const known = Boolean(tables);
  useEffect(() => {
    if (!known) return undefined;
    const stop = new AbortController();
    set({ hits: [], asked: 0, errors: [] });
    ask(live.get().tables, route.key, stop.signal, (t, e, error) =>
      set((old) => ({
        asked: old.asked + 1,
        hits: e ? [...old.hits, { t, e }] : old.hits,
        errors: error ? [...old.errors, error] : old.errors,
      })),
    );
    return () => stop.abort();
  }, [route.key, known]);
  if (!tables) return html`<${Loading} />`;
  const done = found.asked >= tables.length;
  return html`<div class="view">
    <div class="head"><h1 tabindex="-1" class="key-title"><${Key} k=${{ text: route.key, hex: null }} max=${72} /></h1>
      <span class="facts"
        role="status">${done ? `in ${found.hits.length} of ${tables.length} tables` : `looking: ${found.asked} of ${tables.length} tables`}</span></div>
    ${found.errors.length ? html`<${Failed} error=${found.errors[0]} />` : ''}
    ${found.hits.map(({ t, e }) => html`<${Hit} key=${t.section + '/' + t.name} t=${t} e=${e} />`)}
    ${
      done && !found.hits.length && !found.errors.length
        ? html`<${Empty}>No table has this key. Keys are written as “show table” prints them: 192.0.2.1, abc,
            and bytes that do not print as \\xNN.<//>`
        : ''
    }
  </div>`;
}
