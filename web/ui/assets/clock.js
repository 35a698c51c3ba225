// The server's clock. The browser's own may be wrong by hours and may be set
// while the page is open, so time is counted from performance.now().

import { call, sleep } from './api.js';

const samples = 3;
let base = Date.now() - performance.now(); // until the first answer: our own clock
let synced = null;

export const now = () => base + performance.now();

// sync asks a few times and believes the answer that was under way for the
// shortest time: it can be wrong by no more than half of that.
export function sync() {
  synced ??= measure().finally(() => { synced = null; });
  return synced;
}

async function measure() {
  let shortest = Infinity;
  for (let i = 0; i < samples; i++) {
    if (i > 0) await sleep(150);
    try {
      const asked = performance.now();
      const { unix_ms: at } = await call('/api/v1/time');
      const took = performance.now() - asked;
      if (took < shortest && Number.isFinite(at)) {
        shortest = took;
        base = at + took / 2 - (asked + took);
      }
    } catch { /* the next one may come through; else the last known stays */ }
  }
}

// A machine that slept has lost time.
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) sync();
});

// every calls f now and then again and again; the returned function ends it.
export function every(ms, f) {
  f();
  const timer = setInterval(f, ms);
  return () => clearInterval(timer);
}
