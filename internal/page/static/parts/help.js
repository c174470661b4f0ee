// help: the list of shortcuts and signs, under "?".

import { html, useEffect, useRef } from './preact.js';
import { State } from './bits.js';
import { STATES, STATE_HELP } from '../lib/peers.js';

export const KEYS = [
  ['/', 'search a key in all tables'],
  ['1', 'overview'],
  ['2', 'tables'],
  ['3', 'lint'],
  ['4', 'events'],
  ['5', 'adopt'],
  ['p', 'pause events, or go on'],
  ['t', 'light, dark, or as the system'],
  ['Esc', 'leave a field, close this'],
  ['?', 'this list'],
];

export function Help({ open, close }) {
  const box = useRef(null);
  useEffect(() => {
    if (open && !box.current.open) box.current.showModal(); // the browser keeps the focus inside
    if (!open && box.current.open) box.current.close();
  }, [open]);
  return html`<dialog ref=${box} class="help" aria-labelledby="help-title" onClose=${close}>
    <h2 id="help-title">Shortcuts</h2>
    <dl>${KEYS.map(([k, what]) => html`<div key=${k}><dt><kbd>${k}</kbd></dt><dd>${what}</dd></div>`)}</dl>
    <h2>States of a peer</h2>
    <dl>${STATES.map((s) => html`<div key=${s}><dt><${State} state=${s} /></dt><dd>${STATE_HELP[s]}</dd></div>`)}</dl>
    <button type="button" class="main" onClick=${close}>Close</button>
  </dialog>`;
}
