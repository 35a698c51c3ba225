// The buyer's place in a sale's queue. The server keeps it, so it is the same after a
// reload, on another device, and when this page is closed.

import { announce } from '../lib/announce.js';
import { backoff } from '../lib/api.js';
import { now } from '../lib/clock.js';
import { signal } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { asBuyer, signedOut } from '../lib/session.js';
import { read, sleepOrOnline } from '../lib/stream.js';

const beneath = 30_000; // ms between questions while the stream is open
const before = 60_000; // and before the start, when a place does not change
const again = 3_000; // until a stream that has ended is opened again

const spread = (ms) => ms * (0.75 + Math.random() / 2);

const rank = { waiting: 0, called: 1, served: 2, lapsed: 2 };

// canChange tells whether news of a place are to be expected.
const canChange = (place) => place?.state === 'waiting' || place?.state === 'called';

// standingOf is where a buyer stands; between two readings the clock ends a turn.
export function standingOf(place, at) {
  if (!place) return 'none';
  return place.state === 'called' && at >= Date.parse(place.pass_until) ? 'lapsed' : place.state;
}

// makeQueue follows one sale's queue, for its page. It has signals: place, or null; known,
// whether the server was asked; lost, why there is none any more where there was one:
// 'left' here, or 'gone'; linked; problem, why the last press failed; and busy. startsAt
// tells when the sale starts, in ms.
export function makeQueue(id, startsAt) {
  const path = `/api/v1/sales/${id}/queue`;
  const state = { place: signal(null), known: signal(false), lost: signal(''), linked: signal(true), problem: signal(null), busy: signal(false) };
  const { place, known, lost, linked, problem, busy } = state;
  let run = null;

  // A reading that is older than what is shown, from a slower way, must not turn it back.
  function take(reading) {
    known.value = linked.value = true;
    const old = place.value;
    if (old?.number === reading.number && rank[reading.state] < rank[old.state]) return;
    lost.value = '';
    place.value = reading;
  }

  function none() {
    known.value = linked.value = true;
    if (place.value) {
      lost.value = 'gone';
      announce(t('queue.lost.gone'));
    }
    place.value = null;
  }

  async function ask(aborted) {
    const reading = await asBuyer(path, { signal: aborted });
    aborted.throwIfAborted();
    take(reading);
  }

  // Before the start a crowd waits whose places stand still; after it they ask one by one.
  function untilStart() {
    const left = startsAt() - now();
    return left > 0 ? Math.min(spread(before), left + 200 + Math.random() * 2_000) : 0;
  }

  async function follow(aborted) {
    const deaf = { until: 0, times: 0 };
    for (let failed = 0; ;) {
      let wait;
      try {
        await ask(aborted);
        failed = 0;
        wait = untilStart() || await listen(deaf, aborted);
        if (!canChange(place.value)) return;
      } catch (p) {
        aborted.throwIfAborted();
        if (p.code === 'not_found') return none();
        known.value = true;
        if (p.code === 'sign_in' || p.code === 'unauthorized') return;
        linked.value = false;
        wait = backoff(failed++, p.retryAfter);
      }
      await sleepOrOnline(wait, aborted);
    }
  }

  // listen takes a stream to its end, where one can be had, and tells how long it is until
  // the next question. Who gets none asks on, and tries for one more and more seldom.
  async function listen(deaf, aborted) {
    if (canChange(place.value) && performance.now() >= deaf.until) {
      try {
        if (await stream(aborted)) deaf.times = 0;
      } catch (p) {
        aborted.throwIfAborted();
        deaf.until = performance.now() + backoff(deaf.times++, p.retryAfter);
      }
    }
    return spread(again);
  }

  // stream listens until the place cannot change, or the stream ends.
  async function stream(aborted) {
    const over = new AbortController();
    const end = () => over.abort();
    aborted.addEventListener('abort', end, { once: true });
    const timer = setInterval(() => { ask(aborted).catch((p) => { if (p.code === 'not_found') end(); }); }, spread(beneath));
    try {
      return await read(`${path}/events`, (reading) => {
        if (!(reading.state in rank)) return end();
        take(reading);
        if (!canChange(reading)) end();
      }, over.signal);
    } catch (p) {
      if (over.signal.aborted) return true;
      throw p;
    } finally {
      clearInterval(timer);
      aborted.removeEventListener('abort', end);
    }
  }

  function begin() {
    run?.abort();
    run = new AbortController();
    follow(run.signal).catch(() => {}); // only the end by abort arrives here
  }

  async function press(does) {
    busy.value = true;
    problem.value = null;
    try {
      await does();
    } catch (p) {
      problem.value = p;
    }
    busy.value = false;
  }

  const seen = () => { if (!document.hidden && run && canChange(place.value)) ask(run.signal).catch(() => {}); };

  return {
    ...state,
    // follow begins for the present buyer, and gives what ends it.
    follow() {
      place.value = problem.value = null;
      lost.value = '';
      known.value = signedOut.value;
      if (!signedOut.value) begin();
      document.addEventListener('visibilitychange', seen);
      return () => {
        run?.abort();
        document.removeEventListener('visibilitychange', seen);
      };
    },
    // again is for who was told that the place is not what it seems here.
    again: begin,
    join: () => press(async () => {
      run?.abort();
      take(await asBuyer(path, { method: 'POST' }));
      begin();
    }),
    leave: () => press(async () => {
      await asBuyer(path, { method: 'DELETE' }).catch((p) => { if (p.code !== 'not_found') throw p; });
      run?.abort();
      place.value = null;
      lost.value = 'left';
      announce(t('queue.lost.left'));
    }),
  };
}
