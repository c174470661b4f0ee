// app: puts the page together: the connection, the route, the view that it names, the keyboard.

import { App, html, render, Component, useEffect, useMemo, useState } from './parts/preact.js';
import { createLive } from './lib/live.js';
import { nodeNumbers } from './lib/peers.js';
import { link, parse } from './lib/route.js';
import { Shell, VIEWS } from './parts/shell.js';
import { Help } from './parts/help.js';
import { useTheme } from './parts/theme.js';
import { Empty } from './parts/bits.js';
import { Overview } from './views/overview.js';
import { Peer } from './views/peer.js';
import { Tables } from './views/tables.js';
import { Table } from './views/table.js';
import { Key } from './views/key.js';
import { Find } from './views/find.js';
import { Lint } from './views/lint.js';
import { Events } from './views/events.js';
import { Adopt } from './views/adopt.js';

const Lost = () =>
  html`<div class="view"><h1 tabindex="-1">No such view</h1><${Empty}>The address names none. <a
    href="#/">Overview</a><//></div>`;

const PAGES = {
  overview: Overview,
  peer: Peer,
  tables: Tables,
  table: Table,
  key: Key,
  find: Find,
  lint: Lint,
  events: Events,
  adopt: Adopt,
  lost: Lost,
};

// Guard catches a fault of ours in one view, so that the others can still be reached.
class Guard extends Component {
  componentDidCatch(error) {
    console.error(error);
    this.setState({ error });
  }

  componentDidUpdate(before) {
    if (before.at !== this.props.at && this.state.error) this.setState({ error: null });
  }

  render() {
    if (!this.state.error) return this.props.children;
    return html`<div class="view"><h1 tabindex="-1">This view has a fault</h1>
      <${Empty}>${String(this.state.error)}. The other views work; the runtime CLI tells the same.<//></div>`;
  }
}

// shortcut is what a key pressed outside of a field does; see KEYS in parts/help.js.
function shortcut(e, { help, nextTheme }) {
  const field = e.target.closest('input, textarea, select');
  if (e.key === 'Escape' && field) field.blur();
  if (field || e.ctrlKey || e.metaKey || e.altKey) return;
  if (document.querySelector('dialog[open]')) return;
  const view = VIEWS[Number(e.key) - 1];
  if (e.key === '/') document.getElementById('search').focus();
  else if (e.key === '?') help();
  else if (e.key === 't') nextTheme();
  else if (e.key === 'p') document.dispatchEvent(new Event('tallystick-pause'));
  else if (view) location.hash = link(view[0]);
  else return;
  e.preventDefault();
}

function useRoute() {
  const [hash, set] = useState(location.hash);
  useEffect(() => {
    const change = () => set(location.hash);
    addEventListener('hashchange', change);
    return () => removeEventListener('hashchange', change);
  }, []);
  return useMemo(() => parse(hash), [hash]);
}

function useTopology(live) {
  const [topology, set] = useState(null);
  useEffect(() => live.subscribe((s) => set(s.topology)), [live]);
  return topology;
}

function Page({ live }) {
  const route = useRoute();
  const [theme, nextTheme, shown] = useTheme();
  const [helping, help] = useState(false);
  const topology = useTopology(live);
  // The numbers change only when peers do, so that a colour never moves.
  const names = topology ? topology.sections.map((s) => s.peers.map((p) => p.role + p.name).join('\n')).join('\n') : '';
  const numbers = useMemo(() => nodeNumbers(topology), [names]);
  useEffect(() => {
    const press = (e) => shortcut(e, { help: () => help(true), nextTheme });
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, [nextTheme]);
  const View = PAGES[route.view];
  const at = [route.view, route.section, route.table, route.peer, route.key].join('\n');
  return html`<${App.Provider} value=${{ live, route, numbers, theme: shown }}>
    <${Shell} route=${route} theme=${theme} nextTheme=${nextTheme} help=${() => help(true)}>
      <${Guard} at=${at}><${View} key=${at} route=${route} /><//>
    <//>
    <${Help} open=${helping} close=${() => help(false)} />
  <//>`;
}

const live = createLive(() => document.visibilityState === 'visible');
document.addEventListener('visibilitychange', live.seen);
live.seen();
render(html`<${Page} live=${live} />`, document.getElementById('app'));
