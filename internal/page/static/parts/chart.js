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

// atEnd lets the legend tell the newest values while no one points at others.
function atEnd(u) {
  const idx = u.data[0].length - 1;
  if (u.legend && u.legend.idx !== idx) u.setLegend({ idx }, false);
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
          { ...axis, size: 26, values: (u, ticks) => ticks.map((v) => clock(v * 1000, v * 1000).slice(0, 5)) },
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
  const data = [
    Array.from({ length: count }, (_, i) => (until - (count - 1 - i) * step) / 1000),
    ...lines.map((l) => l.values),
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
