// What a view shows comes from the server, at once and perhaps again and again.

import { useEffect, useRef, useState } from '../lib/html.js';

// useLoad gives {data, problem, again, set}: the newest answer of fetch, and why the
// last try failed, if it did. It asks anew when one of the keys changes and, with
// every, each so many ms while the page is seen.
export function useLoad(fetch, keys, { every = 0 } = {}) {
  const [state, setState] = useState({ data: null, problem: null });
  const turn = useRef(0);
  async function again() {
    const mine = ++turn.current;
    try {
      const data = await fetch();
      if (mine === turn.current) setState({ data, problem: null });
    } catch (problem) {
      if (mine === turn.current) setState((s) => ({ data: s.data, problem }));
    }
  }
  useEffect(() => {
    setState({ data: null, problem: null });
    again();
    const timer = every ? setInterval(() => { if (!document.hidden) again(); }, every) : null;
    return () => { turn.current++; clearInterval(timer); };
  }, keys);
  return { ...state, again, set: (data) => { turn.current++; setState({ data, problem: null }); } };
}
