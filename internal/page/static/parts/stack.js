// stack: whose part of a sum is how much, as a bar of colours; the words are on hover and for screen readers.

import { App, html, useContext } from './preact.js';
import { exact, percent } from '../lib/format.js';
import { visible } from '../lib/text.js';
import { colourClass } from '../lib/peers.js';

const MOST = 12; // parts of a bar that are told apart; the rest is one

// elementOf reads a value: of an array one element, by the name that columns have (see lib/filter.js).
export function elementOf(values, name) {
  if (values === null || values === undefined) return null;
  if (name in values) return Array.isArray(values[name]) ? values[name][0] : values[name];
  const m = /^([a-z]+)(\d+)(_\w+)?$/.exec(name);
  const array = m && values[m[1] + (m[3] || '')];
  return Array.isArray(array) ? array[+m[2]] : null;
}

// Stack draws the shares of one entry in one column. most is the largest sum shown, which fills the width.
export function Stack({ shares, column, most, lit }) {
  const { numbers } = useContext(App);
  const parts = shares
    .filter((s) => s.counts)
    .map((s) => ({ label: s.peer, node: s.node, v: elementOf(s.values, column) }))
    .filter((p) => typeof p.v === 'number' && p.v > 0);
  const total = parts.reduce((n, p) => n + p.v, 0);
  let shown = parts;
  if (parts.length > MOST) {
    const sorted = [...parts].sort((a, b) => b.v - a.v);
    const rest = sorted.slice(MOST - 1);
    const kept = new Set(sorted.slice(0, MOST - 1));
    shown = [
      ...parts.filter((p) => kept.has(p)),
      { label: `${rest.length} others`, node: '', v: rest.reduce((n, p) => n + p.v, 0) },
    ];
  }
  const say = (p) => `${visible(p.label)} ${percent(p.v, total)}`;
  return html`<div class="stack" role="img" aria-label=${shown.length ? shown.map(say).join(', ') : 'nothing'}>
    ${shown.map(
      (p) => html`<i key=${p.label} class=${colourClass(numbers, p.node) + (lit && lit !== p.node ? ' dim' : '')}
      style=${{ width: `${Math.max(0.4, (100 * p.v) / Math.max(most, 1))}%` }} title=${`${visible(p.label)}: ${exact(p.v)} (${percent(p.v, total)})`}></i>`,
    )}
  </div>`;
}
