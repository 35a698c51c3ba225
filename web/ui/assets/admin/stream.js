// Reads server-sent events with the token in a header, which an EventSource cannot
// send. It comes back by itself, with growing pauses, until it is stopped.

import { backoff, sleep } from '../lib/api.js';
import { raw } from './api.js';

const silence = 20_000; // ms without a byte: the connection is dead

// follow calls onEvent(name, data) for each event and onTrouble(problem) when the
// stream breaks; it ends with the signal, or when onEvent returns false.
export async function follow(path, { signal, onEvent, onTrouble }) {
  for (let attempt = 0; !signal.aborted; attempt++) {
    try {
      const response = await raw(path, { signal, headers: { Accept: 'text/event-stream' } });
      for await (const { name, data } of events(response.body, signal)) {
        attempt = 0;
        if (onEvent(name, data) === false) return;
      }
    } catch (problem) {
      if (signal.aborted) return;
      if (problem.code === 'unauthorized' || problem.code === 'not_found') return onTrouble(problem);
      onTrouble(problem);
    }
    await sleep(backoff(attempt), signal).catch(() => {});
  }
}

async function* events(body, signal) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  try {
    let text = '';
    for (;;) {
      const { done, value } = await inTime(reader.read());
      if (done || signal.aborted) return;
      text += value;
      let end;
      while ((end = text.indexOf('\n\n')) >= 0) {
        const event = parse(text.slice(0, end));
        text = text.slice(end + 2);
        if (event) yield event;
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

function inTime(promise) {
  let timer;
  const late = new Promise((_, reject) => { timer = setTimeout(() => reject(new Error('silent')), silence); });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

function parse(block) {
  let name = 'message';
  let data = '';
  for (const line of block.split('\n')) {
    if (line.startsWith('event: ')) name = line.slice(7);
    if (line.startsWith('data: ')) data += line.slice(6);
  }
  return data ? { name, data: JSON.parse(data) } : null;
}
