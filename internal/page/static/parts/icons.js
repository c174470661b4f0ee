// icons: small drawings for states and buttons. A shape for each state, so that none is told by its colour alone.

import { html } from './preact.js';

// Paths on a field of 16 x 16, drawn as lines.
const PATHS = {
  up: 'M3 8.5 6.5 12 13 4.5',
  learning: 'M8 2v8M4.5 6.5 8 10l3.5-3.5M3 13.5h10',
  connecting: 'M2.5 8h.1M8 8h.1M13.5 8h.1',
  down: 'M4 4l8 8M12 4l-8 8',
  disabled: 'M5.5 3.5v9M10.5 3.5v9',
  never: 'M8 3a5 5 0 1 0 .01 0',
  error: 'M8 3v6M8 12.5v.1',
  warning: 'M8 2.5 14 13.5H2zM8 6.5v3.5M8 12v.1',
  notice: 'M8 7v5.5M8 3.800v.1',
  star: 'M8 1.800l1.900 4 4.300.5-3.200 3 .9 4.300L8 11.400l-3.900 2.200.9-4.300-3.200-3 4.300-.5z',
  copy: 'M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3',
  search: 'M7 2.5a4.5 4.5 0 1 0 .01 0M10.5 10.5l3.5 3.5',
  sun: 'M8 5a3 3 0 1 0 .01 0M8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1 1M12 12l1 1M3 13l1-1M12 4l1-1',
  moon: 'M13.5 9.5A6 6 0 0 1 6.5 2.5a6 6 0 1 0 7 7z',
  auto: 'M8 2a6 6 0 1 0 .01 0M8 2v12M8 5l4 1M8 8l5.5 1M8 11l4.5.5',
  key: 'M5 5.5a2.800 2.800 0 1 0 .01 0M7.5 8.300H14v2.700M11.5 8.300v2',
  pause: 'M5.5 3.5v9M10.5 3.5v9',
  play: 'M5 3.5l7 4.5-7 4.5z',
  save: 'M8 2v8M4.5 6.5 8 10l3.5-3.5M2.5 11v3h11v-3',
  table: 'M2 3h12v10H2zM2 6.5h12M7 6.5V13',
  help: 'M5.5 6a2.5 2.5 0 1 1 3.600 2.200Q8 8.800 8 10M8 12.800v.1',
};

// Icon is decoration: beside each stands the word.
export function Icon({ name, class: extra }) {
  return html`<svg class=${'icon ' + (extra || '')} viewBox="0 0 16 16" aria-hidden="true"><path d=${PATHS[name]} />
    </svg>`;
}

// Glyph is the same inside the topology drawing.
export function Glyph({ name, x, y, size = 14 }) {
  return html`<g class=${'glyph g-' + name} transform=${`translate(${x} ${y}) scale(${size / 16})`}>
    <path d=${PATHS[name]} /></g>`;
}
