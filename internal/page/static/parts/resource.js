// resource: an answer of the API that is asked for again as the program moves on.

import { App, useContext, useEffect, useLive, useRef, useState } from './preact.js';
import { call } from '../lib/api.js';

// useResource gives {data, error, at, again}. It asks when the path changes and then, while the connection is live, with
// each change of state, but not within `every` ms. What was known stays shown beside an error: it is marked as old.
export function useResource(path, every = 2000) {
  const { live } = useContext(App);
  const { tick, link } = useLive();
  const [held, set] = useState({ path: null, data: null, error: null, at: null });
  const last = useRef({ at: 0, busy: null, timer: null });

  const ask = () => {
    if (!path || last.current.busy) return;
    const mine = new AbortController();
    last.current.busy = mine;
    last.current.at = Date.now();
    call(path, { signal: mine.signal })
      .then(
        (data) => set({ path, data, error: null, at: live.now() }),
        (error) => {
          if (error.name !== 'AbortError')
            set((old) => ({ ...(old.path === path ? old : { data: null, at: null }), path, error }));
        },
      )
      .finally(() => {
        if (last.current.busy === mine) last.current.busy = null;
      });
  };

  useEffect(() => {
    ask();
    return () => {
      if (last.current.busy) last.current.busy.abort();
      last.current.busy = null;
      clearTimeout(last.current.timer);
    };
  }, [path]);

  useEffect(() => {
    if (!tick || link !== 'live') return undefined;
    const rest = every - (Date.now() - last.current.at);
    clearTimeout(last.current.timer);
    last.current.timer = setTimeout(ask, Math.max(0, rest));
    return () => clearTimeout(last.current.timer);
  }, [tick, link]);

  // Of another path nothing is shown, not even for the moment until its answer is here.
  const mine = held.path === path;
  return { data: mine ? held.data : null, error: mine ? held.error : null, at: mine ? held.at : null, again: ask };
}
