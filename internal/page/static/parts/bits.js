// bits: what all views write with: numbers, times, keys, states, messages. All text goes through here.

import { App, html, useContext, useNow, useState } from './preact.js';
import { Icon } from './icons.js';
import { human, exact, bytes, duration, clock, utc } from '../lib/format.js';
import { pieces, middle, full, visible } from '../lib/text.js';
import { colourClass, STATE_HELP } from '../lib/peers.js';

// Num is short to read and exact on hover.
export function Num({ v, unit = '', as = human, class: extra }) {
  const known = typeof v === 'number';
  const suffix = known && unit ? html`<span class="unit">${unit}</span>` : '';
  const name = `num ${extra || ''}${v === 0 ? ' zero' : ''}`;
  return html`<span class=${name} title=${exact(v) + (known ? unit : '')}>${as(v)}${suffix}</span>`;
}

export const Bytes = ({ v }) => html`<span class="num" title=${exact(v) + ' bytes'}>${bytes(v)}</span>`;

export const Lasts = ({ ms }) => html`<span class="num" title=${exact(ms) + ' ms'}>${duration(ms)}</span>`;

// Time is local, UTC on hover. ago: how long it is since, going on by the second.
export function Time({ at, ago }) {
  const now = useNow();
  if (!at) return html`<span class="muted">never</span>`;
  const ms = typeof at === 'number' ? at : Date.parse(at);
  const text = ago ? duration(Math.max(0, Math.floor((now - ms) / 1000) * 1000)) : clock(ms, now);
  return html`<time datetime=${new Date(ms).toISOString()}
    title=${ago ? `since ${clock(ms, now)} (${utc(ms)})` : utc(ms)}>${text}</time>`;
}

// Text is a word of a stranger: isolated, so that it cannot turn what stands beside it, with what is hidden made visible.
export function Text({ v, max = 40, class: extra }) {
  if (v === '') return html`<span class="esc">(empty)</span>`;
  const cut = middle(String(v), max);
  return html`<bdi class=${extra || ''} title=${full(String(v))}>${pieces(cut).map((p) =>
    p.hide ? html`<span class="esc">${p.text}</span>` : p.text,
  )}</bdi>`;
}

// Key is the text of a key, with the bytes on hover where it is no text.
export function Key({ k, max = 48 }) {
  const hex = k.hex ? `bytes ${middle(k.hex, 200)}` : '';
  return html`<span class="key" title=${hex}><${Text} v=${k.text} max=${max} /></span>`;
}

// State is colour, shape and word.
export function State({ state }) {
  return html`<span class=${'state s-' + state} title=${STATE_HELP[state] || ''}><${Icon} name=${state} />${state}
    </span>`;
}

export function Severity({ level }) {
  return html`<span class=${'severity v-' + level}><${Icon} name=${level} />${level}</span>`;
}

// Node is a name with its colour, the same in every view.
export function Node({ name, label }) {
  const { numbers } = useContext(App);
  return html`<span class="node"><i class=${'dot ' + colourClass(numbers, name)}></i><${Text} v=${label || name}
    max=${32} /></span>`;
}

// Copy takes a text as it is to the clipboard, and says so.
export function Copy({ text, what }) {
  const [said, say] = useState('');
  const copy = () =>
    navigator.clipboard
      ? navigator.clipboard.writeText(text).then(
          () => say('copied'),
          () => say('not allowed by the browser'),
        )
      : say('only over https or from this machine');
  return html`<button type="button" class="small copy" onClick=${copy} onBlur=${() => say('')}
    aria-label=${'copy ' + what}>
    <${Icon} name="copy" /><span role="status">${said || 'copy'}</span>
  </button>`;
}

// Bar is a progress bar with its figures beside it. Without `of` nobody knows where it ends.
export function Bar({ done, of, label }) {
  return html`<span class="progress">
    <progress max=${of || undefined} value=${of ? Math.min(done, of) : undefined} aria-label=${label}></progress>
    <span class="num">${of ? `${human(done)} of ${human(of)}` : human(done)}</span>
  </span>`;
}

// Failure says what went wrong with an answer, and what to do.
export function Failed({ error, again, at }) {
  const meant = error.meant;
  return html`<div class="failed" role="alert">
    <${Icon} name="warning" />
    <div>
      <p><b><${Text} v=${error.message} max=${400} /></b>${meant ? html` Did you mean <${Text} v=${meant} />?` : ''}</p>
      <p>${error.advice}${at ? html` What is shown is of <${Time} at=${at} />.` : ''}</p>
    </div>
    ${again ? html`<button type="button" onClick=${again}>Try again</button>` : ''}
  </div>`;
}

export const Loading = () => html`<p class="loading" role="status">Waiting for an answer …</p>`;

export const Empty = ({ children }) => html`<p class="empty">${children}</p>`;

// Panel is a framed part of a view with a heading.
export function Panel({ title, note, class: extra, children, id }) {
  return html`<section class=${'panel ' + (extra || '')} aria-labelledby=${id}>
    <header><h2 id=${id}>${title}</h2>${note ? html`<div class="note">${note}</div>` : ''}</header>
    ${children}
  </section>`;
}

export { visible };
