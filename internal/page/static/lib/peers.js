// peers: the words for states and roles, who is in trouble, and a colour for each node. Pure.

// STATES, the worst first. The colours of these names are those of HAProxy's statistics page.
export const STATES = ['down', 'connecting', 'learning', 'never', 'disabled', 'up'];

export const STATE_HELP = {
  up: 'its session lives and its lesson is finished',
  learning: 'its session lives, and a lesson is on its way',
  connecting: 'it is being called',
  down: 'it had a session and has none now',
  disabled: 'kept away by the operator (disable peer)',
  never: 'it has not been heard since our start',
};

export const ROLE = { up: 'aggregator above', node: 'node', down: 'aggregator below' };
export const LEVEL = { up: 'above us', node: 'nodes', down: 'aggregators below us' };

// COLOURS is how many colours of nodes there are. More nodes use them again, striped.
export const COLOURS = 10;

// nodeNumbers gives each member its number, by which it has its colour, the same in every view: in the order of the
// configuration over all sections. Aggregators above us contribute nothing.
export function nodeNumbers(topology) {
  const numbers = new Map();
  for (const section of (topology && topology.sections) || []) {
    for (const p of section.peers) {
      if (p.role !== 'up' && !numbers.has(p.name)) numbers.set(p.name, numbers.size);
    }
  }
  return numbers;
}

// colourClass is the class of a node's colour. One without a number (the operator's own share) is grey.
export function colourClass(numbers, node) {
  const n = numbers.get(node);
  if (n === undefined) return 'n-none';
  return `n${n % COLOURS}` + (Math.floor(n / COLOURS) % 2 ? ' striped' : '');
}

// count tells how many peers are in each state, the worst first, none left out but those that are 0.
export function count(peers) {
  return STATES.map((state) => ({ state, n: peers.filter((p) => p.state === state).length })).filter((c) => c.n > 0);
}

// worstFirst sorts by state, else as configured.
export function worstFirst(peers) {
  return [...peers].sort((a, b) => STATES.indexOf(a.state) - STATES.indexOf(b.state));
}

// lanesOf is whether all, some or none of a peer's lanes count.
export function standsBy(peer) {
  return peer.lanes.length > 0 && peer.lanes.every((l) => !l.counts && (l.why || '').startsWith('stands by'));
}

// findingsFor picks the findings about one peer or table, the worst first.
export function findingsFor(findings, { section, peer, table }) {
  return (findings || []).filter(
    (f) => f.section === section && (peer ? f.peer === peer : true) && (table ? f.table === table : true),
  );
}

export const SEVERITIES = ['error', 'warning', 'notice'];

export function worst(findings) {
  return SEVERITIES.find((s) => findings.some((f) => f.severity === s)) || null;
}
