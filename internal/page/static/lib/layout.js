// layout: where everything of the topology drawing stands. Pure: a section and a width in, boxes and lines out.
//
// Levels lie above and below us as they do in the configuration. A level is drawn in one of three sizes, by how many
// peers it has: big cards that tell all, small ones with what matters, and beyond that a grid of tiles, one a
// peer, with small cards only for those that are in trouble.

import { worstFirst } from './peers.js';

const GAP = 14; // between cards
const PAD = 10; // of a group's frame
const NAME = 24; // height of the name of a frame
// marginOf is what is left free at both sides; in it runs the rail that lines behind the first one hang on.
const marginOf = (width) => (width < 500 ? 12 : 22);
export const SIZES = {
  big: { min: 134, max: 208, h: 84, stub: 50, most: 12 },
  small: { min: 124, max: 164, h: 46, stub: 34, most: 40 },
  grid: { tile: 18, gap: 4, exceptions: 12, stub: 34 },
};

export function sizeOf(n) {
  return n <= SIZES.big.most ? 'big' : n <= SIZES.small.most ? 'small' : 'grid';
}

// lines flows the cards of a level into lines of the given width. Members of a framed group stay together as far as
// they fit; where a group goes on in the next line, so does its frame.
export function lines(groups, width, size) {
  const { min, max } = SIZES[size];
  const columns = Math.max(1, Math.floor((width + GAP) / (min + GAP)));
  const total = groups.reduce((n, g) => n + g.peers.length, 0);
  const across = Math.min(columns, Math.max(total, 1));
  const w = Math.min(max, Math.floor((width - 2 * PAD - GAP * (across - 1)) / across));
  const out = [];
  let line = null;
  const open = () => out.push((line = { cards: [], frames: [], width: 0 }));
  for (const g of groups) {
    const pad = g.framed ? PAD : 0;
    let frame = null;
    for (const peer of g.peers) {
      const lead = line && line.cards.length ? GAP + (frame ? 0 : pad) : pad;
      if (!line || (line.cards.length && line.width + lead + w + pad > width)) {
        open();
        frame = null;
      }
      const x = line.width + (line.cards.length ? GAP + (frame ? 0 : pad) : pad);
      line.cards.push({ peer, x, w, leader: g.leader === peer.name && g.framed });
      line.width = x + w;
      if (g.framed) {
        if (!frame) line.frames.push((frame = { x: x - PAD, group: g.group, leader: g.leader }));
        frame.w = x + w + PAD - frame.x;
      }
    }
    if (frame) line.width += pad;
  }
  return out;
}

// grouped is the groups of a level with peers instead of names. Peers above us are replicas also without the word.
function grouped(level, byName) {
  return level.groups
    .map((g) => ({
      group: g.group,
      leader: g.leader,
      framed: Boolean(g.group) || (level.role === 'up' && g.peers.length > 1),
      peers: g.peers.map((n) => byName.get(n)).filter(Boolean),
    }))
    .filter((g) => g.peers.length);
}

// tiles lays a crowd out as a grid: those in trouble first as cards, then everybody as a tile.
function tiles(groups, width) {
  const { tile, gap, exceptions } = SIZES.grid;
  const all = groups.flatMap((g) => g.peers.map((peer) => ({ peer, leader: g.framed && g.leader === peer.name })));
  const bad = worstFirst(all.map((t) => t.peer).filter((p) => p.state !== 'up' && p.state !== 'disabled'));
  const across = Math.max(1, Math.floor((width - 24 + gap) / (tile + gap)));
  const rows = Math.ceil(all.length / across);
  return {
    exceptions: bad.slice(0, exceptions),
    more: Math.max(0, bad.length - exceptions),
    tiles: all.map((t, i) => ({
      ...t,
      x: 12 + (i % across) * (tile + gap),
      y: 30 + Math.floor(i / across) * (tile + gap),
      s: tile,
    })),
    w: Math.min(width, 24 + Math.min(across, all.length) * (tile + gap) - gap),
    h: 42 + rows * (tile + gap) - gap,
  };
}

// levelBlocks turns a level into a list of blocks to stack: lines of cards, and at most one grid.
function levelBlocks(level, byName, width) {
  const groups = grouped(level, byName);
  const peers = groups.flatMap((g) => g.peers);
  if (!peers.length) return [];
  const size = sizeOf(peers.length);
  const block = (size, line) => ({ kind: 'line', size, role: level.role, ...line });
  let blocks;
  if (size === 'grid') {
    const grid = tiles(groups, width);
    const bad = grid.exceptions.length ? lines([{ framed: false, peers: grid.exceptions }], width, 'small') : [];
    blocks = [...bad.map((l) => block('small', l)), { kind: 'grid', role: level.role, size, ...grid }];
  } else {
    blocks = lines(groups, width, size).map((l) => block(size, l));
  }
  blocks[0].title = { role: level.role, peers };
  return blocks;
}

// place stacks blocks from y on. up: their links leave at the bottom, towards us.
function place(blocks, y, width, center, up, out) {
  for (const b of blocks) {
    const { stub, h } = SIZES[b.size];
    const framed = b.kind === 'line' && b.frames.length > 0;
    const title = b.title ? 20 : 0;
    const inner = b.kind === 'grid' ? b.h : h;
    // A frame has its name at the far side from us, where no link runs through it.
    const [before, behind] = !framed ? [0, 0] : up ? [NAME, PAD] : [PAD, NAME];
    const boxY = up ? y + title + before : y + title + stub + before;
    const bus = up ? boxY + inner + behind + stub - 12 : y + title + 4;
    const w = b.kind === 'grid' ? b.w : b.width;
    const x0 = Math.round(center - w / 2);
    const ends = b.kind === 'grid' ? [center] : b.cards.map((c) => x0 + c.x + c.w / 2);
    if (b.title) out.titles.push({ ...b.title, x: marginOf(width) + 8, y: y + 12 });
    if (b.kind === 'grid') out.grids.push({ ...b, x: x0, y: boxY, bus, up });
    else {
      b.cards.forEach((c) =>
        out.cards.push({ ...c, x: x0 + c.x, y: boxY, h, size: b.size, bus, up, pad: framed ? PAD : 0 }),
      );
      b.frames.forEach((f) => {
        const top = boxY - before;
        out.frames.push({
          ...f,
          x: x0 + f.x,
          y: top,
          h: h + before + behind,
          nameY: up ? top + 16 : top + before + h + 16,
        });
      });
    }
    out.buses.push({ y: bus, ends, up });
    y = up ? bus + 8 : boxY + inner + behind + 10;
  }
  return y;
}

// layout gives the whole drawing of one section.
export function layout(section, width) {
  const byName = new Map(section.peers.map((p) => [p.name, p]));
  const inner = width - 2 * marginOf(width);
  const center = Math.round(width / 2);
  const out = { width, cards: [], frames: [], grids: [], titles: [], buses: [] };
  const at = Math.max(
    0,
    section.levels.findIndex((l) => l.role === 'us'),
  );
  const blocks = (levels) => levels.flatMap((l) => levelBlocks(l, byName, inner));
  let y = place(blocks(section.levels.slice(0, at)), 4, width, center, true, out);
  const upper = out.buses.length;
  y = Math.max(y, 8) + (upper ? 14 : 0);
  const w = Math.min(440, inner);
  const narrow = w < 400; // the figures need a line more
  out.us = { x: Math.round(center - w / 2), y, w, h: narrow ? 122 : 104, narrow };
  y = place(blocks(section.levels.slice(at + 1)), out.us.y + out.us.h + 14, width, center, false, out);
  out.height = y + 6;
  out.rails = [
    rail(out.buses.slice(0, upper), out.us.y, true),
    rail(out.buses.slice(upper), out.us.y + out.us.h, false),
  ].filter(Boolean);
  out.rails.forEach((r) => (r.x = marginOf(width) / 2));
  out.buses = out.buses.map((b) => span(b, center, marginOf(width) / 2));
  return out;
}

// rail is the line at the left that joins the buses that do not touch us.
function rail(buses, edge, up) {
  if (!buses.length) return null;
  const ys = buses.map((b) => b.y);
  const near = up ? Math.max(...ys) : Math.min(...ys);
  buses.forEach((b) => (b.rail = buses.length > 1));
  buses.forEach((b) => (b.trunk = b.y === near));
  return { from: near, to: edge, top: Math.min(...ys), bottom: Math.max(...ys), several: buses.length > 1 };
}

// span is how far a bus reaches: over all its ends, to the trunk or to the rail.
function span(bus, center, rail) {
  const xs = [...bus.ends, ...(bus.trunk ? [center] : []), ...(bus.rail ? [rail] : [])];
  return { ...bus, left: Math.min(...xs), right: Math.max(...xs) };
}
