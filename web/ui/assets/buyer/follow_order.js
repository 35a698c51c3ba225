// Follows one order. The server sends each change as it happens; since a stream
// can break or be held back on its way, the page also asks from time to time.

import { backoff, sleep } from '../lib/api.js';
import { asBuyer } from '../lib/session.js';
import { read, sleepOrOnline } from '../lib/stream.js';

const finals = new Set(['paid', 'expired', 'cancelled', 'failed', 'refunded']);
export const isFinal = (status) => finals.has(status);
// A payment that was on its way may still turn these.
const reopened = new Set(['expired', 'cancelled']);

const askBeneath = 15_000; // ms between questions while the stream is open
const askAfter = 10 * 60_000; // ms for which an order that has ended is asked about

// followOrder calls onOrder with each reading and onLink(true|false) as news flow
// or not, until the order is final; onProblem when there is no such order to read,
// unless it is known that there is. The returned function ends it.
export function followOrder(id, { known, onOrder, onLink, onProblem }) {
  const end = new AbortController();
  const path = `/api/v1/orders/${id}`;
  let last = null;
  const take = (order) => {
    known = true;
    last = order.status;
    onOrder(order);
  };
  const ask = async () => take(await asBuyer(path, { signal: end.signal }));

  (async () => {
    for (let failures = 0; !isFinal(last);) {
      try {
        await ask();
        onLink(true);
        if (isFinal(last)) break;
        const beneath = setInterval(() => { ask().catch(() => {}); }, askBeneath);
        try {
          if (await read(`${path}/events`, (order) => { if (order.order_id && order.status) take(order); }, end.signal)) failures = 0;
        } finally {
          clearInterval(beneath);
        }
        if (isFinal(last)) break;
      } catch (problem) {
        end.signal.throwIfAborted();
        if (!known && ['not_found', 'sign_in', 'forbidden'].includes(problem.code)) return onProblem(problem);
        onLink(false);
      }
      await sleepOrOnline(backoff(failures++), end.signal);
    }
    onLink(true);
    for (const over = performance.now() + askAfter; reopened.has(last) && performance.now() < over;) {
      await sleep(askBeneath, end.signal);
      if (!document.hidden) await ask().catch(() => {});
    }
  })().catch(() => {}); // only the end by abort arrives here
  return () => end.abort(new Error('left'));
}
