// A sale as it sells: the newest reading, and what the readings of the last quarter of
// an hour say of its pace, those included that were taken before the page was opened.

import { signal, useEffect, useMemo } from '../lib/html.js';
import { follow } from './stream.js';

const kept = 900_000; // ms
const paceOver = 3_000; // ms over which a rate is the mean

const sum = (list, of) => list.reduce((n, i) => n + of(i), 0);
const total = (counts) => sum(Object.values(counts ?? {}), (n) => n);

// pointOf keeps of a reading what is drawn and what rates are made of.
function pointOf(r) {
  return {
    at: Date.parse(r.at),
    accepted: (r.orders_settled ?? 0) + (r.orders_in_flight ?? 0), refused: total(r.refusals),
    available: sum(r.items, (i) => i.available), in_flight: sum(r.items, (i) => i.in_flight),
    reserved: sum(r.items, (i) => i.reserved), sold: sum(r.items, (i) => i.sold),
    lag: r.lag_seconds ?? 0, latency: r.latency,
  };
}

// An order that is released can leave one count before it is in the other; nobody
// un-accepts, so a rate is never below nothing.
const rate = (now, before, what) => {
  const seconds = (now.at - before.at) / 1000;
  return seconds > 0 ? Math.max(0, (now[what] - before[what]) / seconds) : 0;
};

// within reads how long calls took between two readings: the time that the given
// share of them stayed below, in ms; null when there were none.
function within(now, before, share) {
  const calls = now.latency.count - before.latency.count;
  if (calls <= 0) return null;
  for (let i = 0; i < now.latency.seconds.length; i++) {
    if (now.latency.orders[i] - (before.latency.orders[i] ?? 0) >= share * calls) return now.latency.seconds[i] * 1000;
  }
  return Infinity;
}

// useLive follows a sale while the view is shown. It gives signals: reading, points
// (with their rates), trouble, and gone.
export function useLive(id) {
  const live = useMemo(() => ({ reading: signal(null), points: signal([]), trouble: signal(null), gone: signal(false), run: {} }), [id]);
  useEffect(() => {
    const stop = new AbortController();
    follow(`/sales/${id}/live`, {
      signal: stop.signal,
      onEvent: (name, data) => {
        if (name === 'gone') { live.gone.value = true; return false; }
        if (name === 'problem') { live.trouble.value = data; return true; }
        live.trouble.value = null;
        if (data.history) past(live, data.history);
        take(live, data);
        return true;
      },
      onTrouble: (problem) => {
        if (problem.code === 'not_found') live.gone.value = true;
        live.trouble.value = problem;
      },
    });
    return () => stop.abort();
  }, [id]);
  return live;
}

function take(live, reading) {
  live.reading.value = reading;
  const before = live.points.value;
  const now = pointOf(reading);
  const last = before[before.length - 1];
  if (last && now.at <= last.at) return;
  const since = paced(now, before, live.run);
  if (since?.latency) Object.assign(now, { p50: within(now, since, 0.5), p99: within(now, since, 0.99) });
  live.points.value = [...before.filter((p) => now.at - p.at <= kept), now];
}

// past begins a stream: another process may answer from now on, which counts for
// itself. What the page has seen before that process knew the sale stays.
function past(live, points) {
  live.run = {};
  const known = points.map((p) => ({ ...p, at: Date.parse(p.at) }));
  known.forEach((p, i) => paced(p, known.slice(Math.max(0, i - paceOver / 1000), i), live.run));
  live.points.value = [...live.points.value.filter((p) => known.length === 0 || p.at < known[0].at), ...known];
}

// paced gives a point its rates, and gives the point of the same stream that they were
// counted from.
function paced(now, before, run) {
  now.run = run;
  const same = before.filter((p) => p.run === run);
  const since = same.findLast((p) => now.at - p.at >= paceOver) ?? same[0];
  if (since) Object.assign(now, { acceptedRate: rate(now, since, 'accepted'), refusedRate: rate(now, since, 'refused') });
  return since;
}
