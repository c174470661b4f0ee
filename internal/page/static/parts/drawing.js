// drawing: the topology of one section as SVG. Where things stand is lib/layout.js; here is how they look.

import { html, useEffect, useMemo, useRef, useState } from './preact.js';
import { Glyph } from './icons.js';
import { layout } from '../lib/layout.js';
import { count, findingsFor, LEVEL, standsBy, worst } from '../lib/peers.js';
import { exact, human, short, duration, plural } from '../lib/format.js';
import { middle, visible, full } from '../lib/text.js';
import { link } from '../lib/route.js';

// fit cuts a name to a width in pixels, at about `each` a character.
const fit = (name, px, each) => visible(middle(name, Math.max(4, Math.floor(px / each))));

// thick makes a line that carries more thicker, in steps of ten times.
const thick = (rate) => (rate ? Math.min(4, 1 + Math.log10(1 + rate) / 1.6) : 1);

function Links({ d }) {
  const rail = (r, i) => html`<g key=${i}>
    <path class="wire" d=${`M${d.width / 2} ${r.to}V${r.from}`} />
    ${r.several ? html`<path class="wire" d=${`M${r.x} ${r.top}V${r.bottom}`} />` : ''}
  </g>`;
  return html`<g class="wires">
    ${d.rails.map(rail)} ${d.buses.map(
      (b, i) => html`<path key=${i} class="wire"
      d=${`M${b.left} ${b.y}H${b.right}`} />`,
    )}
    ${d.grids.map(
      (g) => html`<path class="wire"
      d=${g.up ? `M${d.width / 2} ${g.bus}V${g.y + g.h}` : `M${d.width / 2} ${g.bus}V${g.y}`} />`,
    )}
  </g>`;
}

// Stub is the link to one peer: its rates, and whether anything flows.
function Stub({ c }) {
  const p = c.peer;
  const x = c.x + c.w / 2;
  const edge = c.up ? c.y + c.h : c.y;
  const live = p.state === 'up' || p.state === 'learning';
  const rate = Math.max(p.updates_in_rate || 0, p.updates_out_rate || 0);
  const middleY = c.up ? c.bus - 12 : edge - c.pad - 8;
  return html`<g class=${'stub s-' + p.state}>
    <path class="wire" stroke-width=${thick(rate)} d=${`M${x} ${c.bus}V${edge}`} />
    ${live && rate ? html`<path class="flow" stroke-width=${thick(rate)} d=${`M${x} ${c.bus}V${edge}`} />` : ''}
    ${
      c.size === 'big' && live
        ? html`<text class="rate" x=${x - 7} y=${middleY} text-anchor="end">
          <title>${`${exact(p.updates_in_rate)} updates/s from it`}</title>${`${short(p.updates_in_rate)}/s in`}
            </text>
          <text class="rate" x=${x + 7} y=${middleY}><title>${`${exact(p.updates_out_rate)} updates/s to it`}
            </title>${`${short(p.updates_out_rate)}/s out`}</text>`
        : ''
    }
  </g>`;
}

// lesson is the bar at the foot of a card: how far a lesson is, as a part of 1; null: nobody knows its end.
function lessonOf(p) {
  const l = p.lesson || {};
  if (l.to_peer && l.to_peer.running)
    return {
      part: l.to_peer.total ? l.to_peer.sent / l.to_peer.total : null,
      text: `teaching ${human(l.to_peer.sent)} of ${human(l.to_peer.total)}`,
    };
  if (l.from_peer && l.from_peer.running) return { part: null, text: `lesson: ${plural(l.from_peer.rows, 'row')}` };
  return null;
}

function Card({ c, findings, now }) {
  const p = c.peer;
  const mark = worst(findings);
  const lesson = lessonOf(p);
  const age = p.since ? duration(Math.max(0, now - Date.parse(p.since))) : '';
  const standby = standsBy(p) ? ', stands by' : '';
  const label = `${visible(p.name)}, ${p.state}${standby}${mark ? `, ${plural(findings.length, 'finding')}` : ''}`;
  const big = c.size === 'big';
  const long = `${p.state}${standby}${age && big ? ' · ' + age : ''}`;
  const word = long.length * 6.9 < c.w - 24 ? long : `${p.state}${standby}`; // the state before how long it is so
  const third = lesson
    ? lesson.text
    : p.acks_behind > 1000
      ? `${human(p.acks_behind)} behind`
      : fit(p.remote || p.addr || 'never called us', c.w - 28, 6.6);
  return html`<a class=${`card s-${p.state}${standby ? ' standby' : ''}`} href=${link('peer', p.section, p.name)}
    aria-label=${label}>
    <title>${`${full(p.name)}: ${p.state}${standby}${
      age ? ' for ' + age : ''
    }\n${exact(p.updates_in_rate)}/s in, ${exact(p.updates_out_rate)}/s out`}</title>
    <rect class="box" x=${c.x} y=${c.y} width=${c.w} height=${c.h} rx="8" />
    <path class="band" d=${`M${c.x + 8} ${c.y}h-1a7 7 0 0 0-7 7v${c.h - 14}a7 7 0 0 0 7 7h1z`} />
    <${Glyph} name=${p.state} x=${c.x + 16} y=${c.y + (big ? 10 : 7)} size=${15} />
    <text class="name" x=${c.x + 37} y=${c.y + (big ? 22 : 19)}>${fit(p.name, c.w - (mark || c.leader ? 82 : 50), 8)}
      </text>
    ${
      c.leader
        ? html`<g class="lead"><title>leads: its shares count</title><${Glyph} name="star" x=${c.x + c.w - 24}
      y=${c.y + 8} size=${15} /></g>`
        : ''
    }
    ${
      mark
        ? html`<g class=${'mark v-' + mark}><${Glyph} name=${mark} x=${c.x + c.w - (c.leader ? 46 : 26)}
      y=${c.y + 8} size=${15} /></g>`
        : ''
    }
    <text class="word" x=${c.x + 16} y=${c.y + (big ? 43 : 37)}>${word}</text>
    ${
      !big && (p.state === 'up' || p.state === 'learning')
        ? html`<text class="rate" x=${c.x + c.w - 10} y=${c.y + 37}
          text-anchor="end">${short(p.updates_in_rate)}/s</text>`
        : ''
    }
    ${
      big
        ? html`<text class=${p.acks_behind > 1000 && !lesson ? 'more late' : 'more'} x=${c.x + 16}
      y=${c.y + 62}>${third}</text>`
        : ''
    }
    ${
      big && lesson
        ? html`<rect class="track" x=${c.x + 16} y=${c.y + 70} width=${c.w - 28} height="5" rx="2.5" />
          <rect class=${lesson.part === null ? 'fill unknown' : 'fill'} x=${c.x + 16} y=${c.y + 70}
            width=${(c.w - 28) * (lesson.part ?? 0.35)} height="5" rx="2.5" />`
        : ''
    }
  </a>`;
}

// Us is the box in the middle.
function Us({ us, section, tables }) {
  const mine = (tables || []).filter((t) => t.section === section.id);
  const sum = (f) => mine.reduce((n, t) => n + (f(t) || 0), 0);
  const shard = /^(\d+)\/(\d+)$/.exec(section.shard || '');
  const width = us.w - 28;
  const shards = shard ? Math.min(12, +shard[2]) : 0; // of more only the first are drawn; the words say which
  const shardX = us.x + us.w - 14 - 13 * shards;
  const foot = us.y + us.h - 13;
  const size = `${plural(mine.length, 'table')} · ${human(sum((t) => t.entries))} entries`;
  const flow = `${short(sum((t) => t.rate_in))}/s in · ${short(sum((t) => t.rate_out))}/s out`;
  return html`<g class="us">
    <rect class="box" x=${us.x} y=${us.y} width=${us.w} height=${us.h} rx="10" />
    <text class="name" x=${us.x + 14} y=${us.y + 25}>${fit(section.name || section.id, width - 130, 9)}</text>
    <text class="more" x=${us.x + us.w - 14} y=${us.y + 25}
      text-anchor="end">${fit(section.addr || section.binds[0] || '', 190, 7)}</text>
    <text class="word" x=${us.x + 14} y=${us.y + 46}><title>${visible(section.rules)}
      </title>${fit(section.rules, width - (shard ? 110 : 0), 6.8)}</text>
    <text class="word strong" x=${us.x + 14} y=${us.y + 70}>${us.narrow ? size : `${size} · ${flow}`}</text>
    ${us.narrow ? html`<text class="word strong" x=${us.x + 14} y=${us.y + 88}>${flow}</text>` : ''}
    ${section.observe ? html`<text class="late" x=${us.x + 14} y=${foot}>observes only: nothing is pushed</text>` : ''}
    ${
      !section.warm
        ? html`<g><title>${`warming up: ${section.warm_heard} of ${section.warm_expected} members heard`}</title>
          <rect class="track" x=${us.x + 14} y=${foot - 9} width=${width - 130} height="8" rx="4" />
          <rect class="fill" x=${us.x + 14} y=${foot - 9}
            width=${((width - 130) * section.warm_heard) / Math.max(1, section.warm_expected)} height="8" rx="4" />
          <text class="late" x=${us.x + us.w - 14} y=${foot}
            text-anchor="end">${`warming up ${section.warm_heard}/${section.warm_expected}`}</text></g>`
        : ''
    }
    ${section.warm && !section.observe ? html`<text class="fine" x=${us.x + 14} y=${foot}>sums are pushed</text>` : ''}
    ${
      shard
        ? html`<g class="shards"><title>${`shard ${shard[1]} of ${shard[2]}`}</title>
          ${Array.from(
            { length: shards },
            (_, i) => html`<rect class=${i + 1 === +shard[1] ? 'shard ours' : 'shard'}
              x=${shardX + 13 * i} y=${us.y + 36} width="10" height="12" rx="2" />`,
          )}
          <text class="word" x=${shardX - 8} y=${us.y + 46}
            text-anchor="end">${`shard ${section.shard}`}</text></g>`
        : ''
    }
  </g>`;
}

function Grid({ g }) {
  const words = count(g.tiles.map((t) => t.peer))
    .map((c) => `${human(c.n)} ${c.state}`)
    .join(' · ');
  return html`<g class="grid">
    <rect class="frame" x=${g.x} y=${g.y} width=${g.w} height=${g.h} rx="8" />
    <text class="word strong" x=${g.x + 12}
      y=${g.y + 20}>${words}${g.more ? ` · ${g.more} more in trouble than shown above` : ''}</text>
    ${g.tiles.map(
      (t) => html`<a key=${t.peer.name} class=${'tile s-' + t.peer.state}
        href=${link('peer', t.peer.section, t.peer.name)} tabindex="-1">
      <title>${`${full(t.peer.name)}: ${t.peer.state}, ${human(t.peer.updates_in_rate)}/s in`}</title>
      <rect x=${g.x + t.x} y=${g.y + t.y} width=${t.s} height=${t.s} rx="4" />
      <${Glyph} name=${t.leader ? 'star' : t.peer.state} x=${g.x + t.x + 3} y=${g.y + t.y + 3} size=${t.s - 6} />
    </a>`,
    )}
  </g>`;
}

export function Drawing({ section, tables, findings, now }) {
  const box = useRef(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const watch = new ResizeObserver(([e]) => setWidth(Math.floor(e.contentRect.width))); // without the padding
    watch.observe(box.current);
    return () => watch.disconnect();
  }, []);
  const d = useMemo(() => (width ? layout(section, width) : null), [section, width]);
  const title = (t) =>
    `${LEVEL[t.role] || t.role} · ${count(t.peers)
      .map((c) => `${human(c.n)} ${c.state}`)
      .join(' · ')}`;
  const foot = (f) =>
    `${f.group ? 'group ' + visible(middle(f.group, 20)) : 'replicas'} · ${f.leader ? visible(middle(f.leader, 20)) + ' leads' : 'nobody leads yet'}`;
  return html`<div class="drawing" ref=${box}>
    ${
      d
        ? html`<svg width=${d.width} height=${d.height} viewBox=${`0 0 ${d.width} ${d.height}`} role="group"
          aria-label=${`topology of section ${section.id}`}>
          <${Links} d=${d} />
          ${d.frames.map(
            (f, i) => html`<g key=${i}><rect class="frame" x=${f.x} y=${f.y} width=${f.w} height=${f.h}
            rx="10" /><text class="more" x=${f.x + 12} y=${f.nameY}>${fit(foot(f), f.w - 20, 6.4)}</text></g>`,
          )}
          ${d.cards.map((c) => html`<${Stub} key=${'s' + c.peer.name} c=${c} />`)}
          ${d.titles.map((t) => html`<text key=${t.role} class="level" x=${t.x} y=${t.y}>${title(t)}</text>`)}
          <${Us} us=${d.us} section=${section} tables=${tables} />
          ${d.cards.map(
            (c) => html`<${Card} key=${c.peer.name} c=${c} now=${now}
            findings=${findingsFor(findings, { section: section.id, peer: c.peer.name })} />`,
          )}
          ${d.grids.map((g, i) => html`<${Grid} key=${i} g=${g} />`)}
        </svg>`
        : ''
    }
  </div>`;
}
