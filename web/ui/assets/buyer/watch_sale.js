// Keeps one sale as fresh as it has to be: asks for it now and then, and while
// units move it listens to the server's news of it. Everything is spread by
// chance, so that a crowd that came together does not ask together.

import { backoff, call } from '../lib/api.js';
import { now, told } from '../lib/clock.js';

// The phase of a sale moves on by the clock between two readings: the server
// said "upcoming" some time ago, and its start has come since. Whether anything
// is left the next reading tells; each item knows what it had.

export function phaseAt(sale, at) {
  if (sale.status === 'ended' || at >= Date.parse(sale.ends_at)) return 'ended';
  if (sale.status === 'upcoming' && at >= Date.parse(sale.starts_at)) return 'live';
  return sale.status;
}

// ms between two questions by phase, without a stream and with one.
const alone = { upcoming: 20_000, live: 3_000, sold_out: 4_000, paused: 3_000, ended: 60_000 };
const beneath = 30_000;
const moving = new Set(['live', 'sold_out', 'paused']);

const spread = (ms) => ms * (0.75 + Math.random() / 2);

// watchSale calls onSale with each reading, and onProblem while there is none
// yet. A tab that is not looked at is quiet, unless attentive() says that it is
// needed. The returned watch has stop() and look().
export function watchSale(id, { onSale, onProblem, attentive = () => false }) {
  let sale = null;
  let source = null;
  let timer = null;
  let listening = null; // the timer that will listen
  let failures = 0;
  let stopped = false;

  const idle = () => document.hidden && !attentive();
  const streaming = () => source?.readyState === EventSource.OPEN;

  function take(reading) {
    sale = reading;
    onSale(sale);
    tend();
  }

  async function look() {
    clearTimeout(timer);
    if (stopped) return;
    try {
      const reading = await call(`/api/v1/sales/${id}`, { early: true });
      if (stopped) return;
      failures = 0;
      told(reading.now);
      take(reading);
    } catch (problem) {
      if (stopped) return;
      failures++;
      if (!sale) onProblem(problem);
    }
    plan();
  }

  function plan() {
    clearTimeout(timer);
    if (stopped || idle()) return;
    let wait = spread(streaming() ? beneath : alone[sale?.status] ?? 5_000);
    if (failures > 0) wait = Math.max(wait, backoff(failures));
    if (sale?.status === 'upcoming') {
      // What was read before the start is old after it; the crowd asks spread over time.
      const starts = Date.parse(sale.starts_at) - now();
      wait = starts > 0 ? Math.min(wait, starts + 200 + Math.random() * 2_000) : 200 + Math.random() * 2_000;
    }
    timer = setTimeout(look, wait);
  }

  // tend begins to listen when units move, some seconds after that began: the
  // first second belongs to those who buy.
  function tend() {
    const wanted = !stopped && !idle() && sale && moving.has(phaseAt(sale, now()));
    if (!wanted) {
      clearTimeout(listening);
      listening = null;
      source?.close();
      source = null;
    } else if (!source && !listening) {
      listening = setTimeout(listen, 300 + Math.random() * 2_500);
    }
  }

  function listen() {
    listening = null;
    source = new EventSource(`/api/v1/sales/${id}/events`);
    source.onopen = plan;
    source.onmessage = ({ data }) => {
      const { items, ...news } = JSON.parse(data);
      const fresh = new Map(items.map((i) => [i.sku, i]));
      const queue = news.queue ? { ...sale.queue, ...news.queue } : sale.queue; // there is more of it than its news
      take({ ...sale, next_return_at: undefined, ...news, queue, items: sale.items.map((i) => ({ ...i, held: undefined, drawn_only: undefined, ...fresh.get(i.sku) })) });
    };
    // The browser connects again by itself, unless the server said no; then
    // asking has to do, and a later reading tries again.
    source.onerror = () => {
      if (source?.readyState === EventSource.CLOSED) source = null;
      plan();
    };
  }

  const seen = () => { tend(); if (!idle()) look(); };
  document.addEventListener('visibilitychange', seen);
  addEventListener('online', look);
  look();
  return {
    look,
    stop() {
      stopped = true;
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', seen);
      removeEventListener('online', look);
      tend();
    },
  };
}
