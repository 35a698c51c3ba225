// One click, one order. The click makes an idempotency key and keeps it until
// the server has said yes or no; whatever goes wrong in between, the same key
// is sent again, so that an order that was taken without our knowing is found
// and not made twice.

import { backoff, sleep } from '../lib/api.js';
import { now, sync } from '../lib/clock.js';
import { signal } from '../lib/html.js';
import { randomKey } from '../lib/random.js';
import { go } from '../lib/router.js';
import { asBuyer, buyer } from '../lib/session.js';
import { load, perTab, save } from '../lib/storage.js';
import { keepOwn } from './own_order.js';

const mostAttempts = 200;
const longest = 30 * 60_000; // ms that one click may go on

const attemptKey = (sale) => `seckill.attempt.${sale}`;

// attemptAt finds the click on a sale that is still unanswered, if there is one:
// {key, lines, since}, and the pass of a queue that it was made with.
function attemptAt(sale) {
  try {
    const attempt = JSON.parse(load(perTab, attemptKey(sale)));
    return attempt?.buyer === buyer.value && Date.now() - attempt.since < longest ? attempt : null;
  } catch {
    return null;
  }
}

function openAttempt(sale, lines, pass) {
  const before = attemptAt(sale);
  const same = before && JSON.stringify(before.lines) === JSON.stringify(lines);
  if (same && !pass) return before;
  const attempt = { ...(same ? before : { key: randomKey(), lines, buyer: buyer.value, since: Date.now() }), pass };
  save(perTab, attemptKey(sale), JSON.stringify(attempt));
  return attempt;
}

const closeAttempt = (sale) => save(perTab, attemptKey(sale), null);

// Problems after which nobody knows yet, or which pass by themselves.
const passing = new Set(['network', 'unavailable', 'rate_limited', 'not_started', 'internal']);

// buy goes on until the server has answered and returns the order. It throws
// the Problem that the server answered with, or the signal's reason; then an
// unanswered click is kept for the next time. `report` is told each problem that
// is being waited out, and how many tries there were.
async function buy(sale, lines, { pass, report, aborted }) {
  const attempt = openAttempt(sale, lines, pass);
  const headers = { 'Idempotency-Key': attempt.key, ...(attempt.pass && { 'Queue-Pass': attempt.pass }) };
  for (let n = 0; ; n++) {
    try {
      const order = await asBuyer(`/api/v1/sales/${sale}/orders`, {
        method: 'POST', body: { lines }, headers, signal: aborted,
      });
      closeAttempt(sale);
      return order;
    } catch (problem) {
      aborted.throwIfAborted();
      if (!passing.has(problem.code)) closeAttempt(sale);
      const over = n + 1 >= mostAttempts || Date.now() - attempt.since > longest;
      if (over || !passing.has(problem.code)) throw problem;
      report(problem, n + 1);
      await sleepOrOnline(await waitAfter(problem, n), aborted, problem.code === 'network');
    }
  }
}

// Not started means that our idea of the server's clock was early: the start
// itself is better known than whole seconds of Retry-After.
async function waitAfter(problem, n) {
  if (problem.code !== 'not_started') return backoff(n, problem.retryAfter);
  await sync();
  const starts = Date.parse(problem.body.starts_at) || now() + problem.retryAfter;
  return Math.min(Math.max(starts - now(), 50), 60_000) + Math.random() * 100 * Math.min(n + 1, 10);
}

// A network that is back ends the wait for it, some moments later by chance.
async function sleepOrOnline(ms, aborted, network) {
  if (!network) return sleep(ms, aborted);
  const back = new AbortController();
  const wake = () => setTimeout(() => back.abort(), Math.random() * 500);
  addEventListener('online', wake);
  const stop = () => back.abort();
  aborted.addEventListener('abort', stop, { once: true });
  try {
    await sleep(ms, back.signal).catch(() => {});
    aborted.throwIfAborted();
  } finally {
    removeEventListener('online', wake);
    aborted.removeEventListener('abort', stop);
  }
}

// makeBuying is what goes on between a press of the button and its answer, for
// one sale page. It has `state`, a signal of one of
//   {kind: 'idle'}
//   {kind: 'going', sku, code, tries}  code of the problem that is being waited out, or ''
//   {kind: 'stopped', sku}             by the buyer
//   {kind: 'refused', sku, problem}
// and press, stop, clear, resume. pass gives what a queue lets the buyer in with.
export function makeBuying(sale, { onRefused, pass }) {
  const state = signal({ kind: 'idle' });
  let trying = null;

  async function press(sku, quantity) {
    if (trying) return;
    const mine = trying = new AbortController();
    state.value = { kind: 'going', sku, code: '', tries: 0 };
    try {
      const order = await buy(sale, [{ sku, quantity }], {
        pass: pass?.(), aborted: mine.signal,
        report: (problem, tries) => { state.value = { kind: 'going', sku, code: problem.code, tries }; },
      });
      keepOwn(sale, order.order_id);
      if (!mine.signal.aborted) go(`/orders/${order.order_id}`, { order });
    } catch (problem) {
      state.value = mine.signal.aborted ? { kind: 'stopped', sku } : refused(sku, problem);
    } finally {
      trying = null;
    }
  }

  function refused(sku, problem) {
    if (problem.code === 'limit_exceeded' && problem.body.order_id) keepOwn(sale, problem.body.order_id);
    onRefused(sku, problem);
    return { kind: 'refused', sku, problem };
  }

  return {
    state,
    press,
    stop: () => trying?.abort(),
    clear: () => { if (!trying) state.value = { kind: 'idle' }; },
    // resume goes on with a click that got no answer before the page was reloaded:
    // asking again with its key is the only way to learn what became of it.
    resume() {
      const [line] = attemptAt(sale)?.lines ?? [];
      if (line) press(line.sku, line.quantity);
      return line;
    },
  };
}
