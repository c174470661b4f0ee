// live: what the program is now, as its events tell, and whether that is still so.
//
// link is "connecting" before anything is known, "live", "stale" once the connection is lost, and "paused" while nobody
// looks at the tab. Whatever is not "live" is old, and the page says so.

import { listen } from './stream.js';
import { call } from './api.js';

const SILENCE = 20000; // keep-alives come every 15 s; after this the line is dead, whatever TCP thinks
const LOGS = 1000; // lines kept; the log file has the rest
const FIRST_WAIT = 500;
const LONGEST_WAIT = 8000;

// createLive begins with nothing; seen() connects. visible() tells whether anybody looks, silence is as above.
export function createLive(visible, silence = SILENCE) {
  let snap = {
    link: 'connecting',
    heard: null,
    error: null,
    retryAt: null,
    tick: 0,
    offset: 0,
    topology: null,
    tables: null,
    info: null,
    lintCounts: null,
    findings: null,
    top: null,
    logs: [],
    dropped: 0,
  };
  const readers = new Set();
  let query = '';
  let lastID = null;
  let controller = null;
  let timer = null;
  let wait = FIRST_WAIT;
  let due = false;

  // Changes are told once a frame: a burst of log lines is one drawing.
  const tell = (change) => {
    snap = { ...snap, ...change };
    if (due) return;
    due = true;
    setTimeout(() => {
      due = false;
      readers.forEach((f) => f(snap));
    }, 40);
  };

  const on = {
    state(data) {
      wait = FIRST_WAIT;
      // Ages are told by the server's clock, so that a browser whose clock is wrong shows none of -3 s.
      const info = data.info || snap.info;
      const server = info ? Date.parse(info.started) + info.uptime_ms : Date.now();
      tell({
        link: 'live',
        error: null,
        retryAt: null,
        tick: snap.tick + 1,
        offset: server - Date.now(),
        info,
        topology: data.topology || snap.topology,
        tables: data.tables ? data.tables.tables || data.tables : snap.tables,
        lintCounts: data.lint_counts || snap.lintCounts,
      });
    },
    log: (line) => tell({ logs: [...snap.logs.slice(-LOGS + 1), { ...line, n: (snap.logs.at(-1)?.n || 0) + 1 }] }),
    dropped: (data) => tell({ dropped: snap.dropped + (data.count || 0) }),
    lint: (data) => tell({ findings: data.findings }),
    top: (data) => tell({ top: data }),
  };

  async function connect() {
    clearTimeout(timer);
    const mine = (controller = new AbortController());
    let watchdog = null;
    const heard = () => {
      tell({ heard: Date.now() });
      clearTimeout(watchdog);
      watchdog = setTimeout(() => mine.abort(), silence);
    };
    // What lint has found is sent when it changes; what it has found so far is asked for.
    call('lint', { signal: mine.signal })
      .then((data) => tell({ findings: data.findings }))
      .catch(() => {});
    watchdog = setTimeout(() => mine.abort(), silence);
    try {
      await listen(query, lastID, mine.signal, heard, (name, data, id) => {
        if (id) lastID = id;
        if (mine === controller && on[name]) on[name](data);
      });
    } catch (err) {
      clearTimeout(watchdog);
      if (mine !== controller) return; // another connection has taken its place
      const error = mine.signal.aborted ? new Error(`nothing was heard for ${silence / 1000} s`) : err;
      mine.abort();
      const pause = wait * (0.8 + Math.random() * 0.4); // not all browsers at once
      wait = Math.min(LONGEST_WAIT, wait * 2);
      timer = setTimeout(connect, pause);
      tell({ link: snap.tick ? 'stale' : 'connecting', error, retryAt: Date.now() + pause });
    }
  }

  function stop() {
    const old = controller;
    controller = null;
    clearTimeout(timer);
    if (old) old.abort();
  }

  const seen = () => {
    if (visible()) {
      tell({ link: snap.tick ? 'stale' : 'connecting', error: null, retryAt: null });
      wait = FIRST_WAIT;
      stop();
      connect();
    } else {
      stop();
      tell({ link: 'paused', retryAt: null });
    }
  };

  return {
    get: () => snap,
    now: () => Date.now() + snap.offset,
    subscribe(f) {
      readers.add(f);
      return () => readers.delete(f);
    },
    // watch asks for the top keys of a table, too: "?section=..&table=..&top=..&by=..", or "" for none.
    watch(wanted) {
      if (wanted === query) return;
      query = wanted;
      tell({ top: null }); // of another table, maybe of the same name
      if (!controller) return;
      stop();
      connect(); // what is shown stays live meanwhile: the new connection begins with all of it
    },
    seen,
  };
}
