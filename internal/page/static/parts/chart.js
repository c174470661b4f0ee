// chart: uPlot as a component. Labels are texts of strangers and go in as such.

import { html, useEffect, useRef } from './preact.js';
import uPlot from '../third_party/uPlot.js';
import { clock, human, utc } from '../lib/format.js';
import { visible, middle } from '../lib/text.js';

// colourOf finds what a CSS variable is in the present theme: a canvas does not know variables.
function colourOf(box, name) {
  const probe = box.appendChild(document.createElement('i'));
  probe.style.color = `var(${name})`;
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}

// DASHES tell lines apart also without colours.
const DASHES = [[], [6, 3], [2, 2], [8, 3, 2, 3]];

// LEAST is how long a time is drawn at least, in ms; of what was before anything was measured no more is shown.
const LEAST = 120000;

// begin is the index of the first value to be drawn: a program that has just started has a line, and not a blank.
function begin(lines, step, count) {
  const first = Math.min(...lines.map((l) => l.values.findIndex((v) => v !== null)).map((i) => (i < 0 ? count : i)));
  return Math.max(0, Math.min(first, count - Math.ceil(LEAST / step)));
}

// atEnd lets the legend tell the newest values while no one points at others. The newest slot may still be empty.
function atEnd(u) {
  let idx = u.data[0].length - 1;
  const empty = () => u.data.slice(1).every((values) => values[idx] === null || values[idx] === undefined);
  if (idx > 0 && empty()) idx--;
  if (u.legend && u.legend.idx !== idx) u.setLegend({ idx }, false);
}

// hours labels ticks; seconds are said where there are several in a minute.
function hours(u, ticks, axis, space, every) {
  return ticks.map((v) => clock(v * 1000, v * 1000).slice(0, every < 60 ? 8 : 5));
}

function options(box, { lines, height, small, unit }) {
  const muted = colourOf(box, '--muted');
  const grid = { stroke: colourOf(box, '--line'), width: 1 };
  const axis = { stroke: muted, grid, ticks: { show: false }, font: '11px system-ui, sans-serif' };
  return {
    width: Math.max(60, box.clientWidth),
    height,
    legend: { show: !small, live: true },
    cursor: small ? { show: false } : { points: { size: 6 }, drag: { x: false, y: false } },
    padding: small ? [2, 0, 2, 0] : [10, 18, 0, 0],
    hooks: small
      ? {}
      : { setData: [atEnd], setCursor: [(u) => (u.cursor.idx === null || u.cursor.idx === undefined) && atEnd(u)] },
    scales: { y: { range: (u, min, max) => [0, (max || 1) * 1.08] } }, // from 0: half as high is half as much
    axes: small
      ? [{ show: false }, { show: false }]
      : [
          { ...axis, size: 26, values: hours },
          { ...axis, size: 52, values: (u, ticks) => ticks.map((v) => human(v)) },
        ],
    series: [
      {
        label: 'time',
        value: (u, v) =>
          v === null || v === undefined ? '–' : `${clock(v * 1000, v * 1000)} (${utc(v * 1000).slice(11, 19)} UTC)`,
      },
      ...lines.map((l, i) => ({
        label: visible(middle(l.label, 28)),
        stroke: colourOf(box, l.colour),
        fill: l.fill ? colourOf(box, l.fill) : undefined,
        width: small ? 1.25 : 1.75,
        dash: small ? [] : DASHES[Math.floor(i / 4) % DASHES.length],
        points: { show: false },
        spanGaps: false, // what was not measured is a hole, not a line across it
        value: (u, v) => (v === null || v === undefined ? '–' : human(v) + (unit || '')),
      })),
    ],
  };
}

// Chart draws lines [{label, colour, fill, values}] that end at `until` (ms), a value each `step` ms.
export function Chart({ lines, step, until, height = 220, small = false, unit, label, theme }) {
  const box = useRef(null);
  const plot = useRef(null);
  const shape = lines.map((l) => l.label + l.colour).join('|') + theme + height;
  const count = Math.max(0, ...lines.map((l) => l.values.length));
  const from = begin(lines, step, count);
  const data = [
    Array.from({ length: count - from }, (_, i) => (until - (count - 1 - from - i) * step) / 1000),
    ...lines.map((l) => l.values.slice(from)),
  ];

  useEffect(() => {
    const made = new uPlot(options(box.current, { lines, height, small, unit }), data, box.current);
    plot.current = made;
    const watch = new ResizeObserver(() => made.setSize({ width: Math.max(60, box.current.clientWidth), height }));
    watch.observe(box.current);
    return () => {
      watch.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [shape]);

  useEffect(() => {
    if (plot.current) plot.current.setData(data);
  }, [until, lines]);

  return html`<div class=${small ? 'chart small' : 'chart'} ref=${box} role="img" aria-label=${label}></div>`;
}
