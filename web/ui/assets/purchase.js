// One click, one order. The click makes an idempotency key and keeps it until
// the server has said yes or no; whatever goes wrong in between, the same key
// is sent again, so that an order that was taken without our knowing is found
// and not made twice.

import { backoff, sleep } from './api.js';
import { asBuyer, buyer, load, perTab, save } from './session.js';
import { now, sync } from './clock.js';

const mostAttempts = 200;
const longest = 30 * 60_000; // ms that one click may go on

const attemptKey = (sale) => `seckill.attempt.${sale}`;

// attemptAt finds the click on a sale that is still unanswered, if there is one:
// {key, lines, since}.
export function attemptAt(sale) {
  try {
    const attempt = JSON.parse(load(perTab, attemptKey(sale)));
    return attempt?.buyer === buyer() && Date.now() - attempt.since < longest ? attempt : null;
  } catch {
    return null;
  }
}

function openAttempt(sale, lines) {
  const before = attemptAt(sale);
  if (before && JSON.stringify(before.lines) === JSON.stringify(lines)) return before;
  const key = Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, '0')).join('');
  const attempt = { key, lines, buyer: buyer(), since: Date.now() };
  save(perTab, attemptKey(sale), JSON.stringify(attempt));
  return attempt;
}

const closeAttempt = (sale) => save(perTab, attemptKey(sale), null);

// Problems after which nobody knows yet, or which pass by themselves.
const passing = new Set(['network', 'unavailable', 'rate_limited', 'not_started', 'internal']);

// buy goes on until the server has answered and returns the order. It throws
// the Problem that the server answered with, or the signal's reason; then an
// unanswered click is kept for the next time. `report` is told each problem that
// is being waited out.
export async function buy(sale, lines, { report, signal }) {
  const attempt = openAttempt(sale, lines);
  for (let n = 0; ; n++) {
    try {
      const order = await asBuyer(`/api/v1/sales/${sale}/orders`, {
        method: 'POST', body: { lines }, headers: { 'Idempotency-Key': attempt.key }, signal,
      });
      closeAttempt(sale);
      return order;
    } catch (problem) {
      signal?.throwIfAborted();
      if (!passing.has(problem.code)) closeAttempt(sale);
      const over = n + 1 >= mostAttempts || Date.now() - attempt.since > longest;
      if (over || !passing.has(problem.code)) throw problem;
      report(problem);
      await sleep(await waitAfter(problem, n), signal);
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
