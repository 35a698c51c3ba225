// Follows one order. The server sends each change as it happens; since a stream
// can break or be held back on its way, the page also asks from time to time.

import { backoff, problemOf, sleep } from '../lib/api.js';
import { asBuyer, signIn } from '../lib/session.js';

const finals = new Set(['paid', 'expired', 'cancelled', 'failed', 'refunded']);
export const isFinal = (status) => finals.has(status);
// A payment that was on its way may still turn these.
const reopened = new Set(['expired', 'cancelled']);

const quietLimit = 40_000; // ms without a byte; the server's heartbeat is 15 s
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
          if (await read(`${path}/events`, take, end.signal)) failures = 0;
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

// A network that is back ends the wait for it.
async function sleepOrOnline(ms, signal) {
  const back = new Promise((resolve) => addEventListener('online', resolve, { once: true }));
  await Promise.race([sleep(ms, signal), back]);
}

// read takes one stream to its end and tells whether anything came. EventSource
// cannot send the Authorization header, and a token never goes into an address.
async function read(path, take, signal) {
  const broken = new AbortController();
  const stop = () => broken.abort();
  signal.addEventListener('abort', stop, { once: true });
  addEventListener('offline', stop, { once: true });
  let watchdog = setTimeout(stop, quietLimit);
  try {
    const response = await fetch(path, {
      headers: { Accept: 'text/event-stream', Authorization: `Bearer ${await signIn()}` },
      cache: 'no-store', credentials: 'omit', signal: broken.signal,
    });
    if (!response.ok || !response.body) throw problemOf(response);
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let buffer = '';
    let came = false;
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return came;
      clearTimeout(watchdog);
      watchdog = setTimeout(stop, quietLimit);
      came = true;
      buffer = takeEvents(buffer + value, take);
    }
  } finally {
    clearTimeout(watchdog);
    removeEventListener('offline', stop);
    signal.removeEventListener('abort', stop);
    broken.abort();
  }
}

// takeEvents hands on each whole event and returns what is left over.
function takeEvents(text, take) {
  const blocks = text.replace(/\r\n?/g, '\n').split('\n\n');
  const rest = blocks.pop();
  for (const block of blocks) {
    const data = block.split('\n').filter((l) => l.startsWith('data:')).map((l) => l.slice(5).trimStart()).join('\n');
    if (!data) continue;
    const order = JSON.parse(data);
    if (order.order_id && order.status) take(order);
  }
  return rest;
}
