// The server's clock. The device's own may be wrong by a day and may be set
// while the page is open, so time is counted from performance.now().

import { call, sleep } from './api.js';
import { signal } from './html.js';

const least = 3; // samples
const most = 8;
const goodEnough = 120; // ms there and back: then it is wrong by 60 at most
const again = 120_000; // ms between measurements; quartz drifts

let base = Date.now() - performance.now(); // until the first answer: the device's clock
let measured = false; // whether the server was asked for its time, and said it
let measuring = null;

export const now = () => base + performance.now();

// tick is now, ten times a second: what hangs on it moves by itself.
export const tick = signal(now());
setInterval(() => { tick.value = now(); }, 100);

// told takes the time that stands in another answer for what it is worth until
// the clock is measured: late by as long as that was under way, and never early.
export function told(iso) {
  const at = Date.parse(iso);
  if (measured || !Number.isFinite(at)) return;
  base = at - performance.now();
  tick.value = now();
}

// sync asks a few times and believes the answer that was under way for the
// shortest time: it can be wrong by no more than half of that.
export function sync() {
  measuring ??= measure().finally(() => { measuring = null; });
  return measuring;
}

async function measure() {
  let shortest = Infinity;
  for (let i = 0; i < least || (i < most && shortest > goodEnough); i++) {
    if (i > 0) await sleep(100 + 100 * Math.random());
    try {
      const asked = performance.now();
      let answered = asked;
      const { unix_ms: at } = await call('/api/v1/time', { onAnswer: () => { answered = performance.now(); } });
      const took = answered - asked;
      if (took >= shortest || !Number.isFinite(at)) continue;
      shortest = took;
      base = at + took / 2 - answered;
      tick.value = now();
      measured = true;
    } catch { /* the next one may come through; else the last known stays */ }
  }
}

setInterval(() => { if (!document.hidden) sync(); }, again);
// A machine that slept has lost time.
document.addEventListener('visibilitychange', () => { if (!document.hidden) sync(); });
