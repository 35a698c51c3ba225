// One stream of events for a buyer. EventSource cannot send the Authorization header, and
// a token never goes into an address.

import { problemOf, sleep } from './api.js';
import { signIn } from './session.js';

const quietLimit = 40_000; // ms without a byte; the server's heartbeat is 15 s

// read takes one stream to its end, hands on what each event says, and tells whether
// anything came.
export async function read(path, take, signal) {
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
    if (data) take(JSON.parse(data));
  }
  return rest;
}

// sleepOrOnline waits; a network that is back ends the wait for it.
export async function sleepOrOnline(ms, signal) {
  const back = new Promise((resolve) => addEventListener('online', resolve, { once: true }));
  await Promise.race([sleep(ms, signal), back]);
}
