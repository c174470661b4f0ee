// preact: the one place that knows where preact lies, and the context that views read the program from.

export * from '../third_party/htm-preact.js';
import { createContext, useContext, useEffect, useState } from '../third_party/htm-preact.js';

// App is {live, route, numbers}: see lib/live.js and lib/route.js; numbers is which colour each node has.
export const App = createContext(null);

// useLive gives what is known, and draws again when that changes.
export function useLive() {
  const { live } = useContext(App);
  const [snap, set] = useState(live.get());
  useEffect(() => {
    set(live.get());
    return live.subscribe(set);
  }, [live]);
  return snap;
}

// useNow is the time at the server; what asks for it is drawn again each second.
export function useNow() {
  const { live } = useContext(App);
  const [, set] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => set(live.now()), 1000);
    return () => clearInterval(timer);
  }, [live]);
  return live.now(); // not the second's own: the server's clock may just have become known
}
