// A sale's draw, and the buyer's own entry in it. The server keeps both, so they are the
// same after a reload, on another device, and when this page is closed.

import { announce } from '../lib/announce.js';
import { backoff, call, sleep } from '../lib/api.js';
import { now } from '../lib/clock.js';
import { signal } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { asBuyer, signedOut } from '../lib/session.js';
import { keepSeen } from '../draw/seen.js';
import { bell } from './returns.js';

const soon = 4_000; // ms between two looks while something is due
const seldom = 30_000; // and while nothing is
const near = 5_000; // between two looks at an entry whose turn may come
const far = 60_000; // and at one that many others are before

const spread = (ms) => ms * (0.75 + Math.random() / 2);

// isDrawn tells whether a sale is for those who are drawn. What none of them wanted is for
// anybody, as in any other sale.
export const isDrawn = (sale) => sale.items.some((i) => i.drawn_only);

// stageOf is how far a draw has come; between two looks the clock moves it on.
export function stageOf(sale, doc, at) {
  if (sale.status === 'ended' || at >= Date.parse(sale.ends_at)) return 'ended';
  if (doc?.state === 'drawn' || doc?.state === 'committed') return doc.state;
  return at < Date.parse(sale.entries_until) ? 'entering' : 'closing';
}

// makeDraw follows one sale's draw, for its page. It has signals: doc, what is published;
// entry, the buyer's own, or null; order, the one that was made of it; problem, why the last press failed; busy; and gone,
// whether an entry was taken back here. unitsOf tells how many units an item has.
export function makeDraw(id, unitsOf) {
  const path = `/api/v1/sales/${id}/draw`;
  const state = { doc: signal(null), entry: signal(null), order: signal(null), problem: signal(null), busy: signal(false), gone: signal(false) };
  const { doc, entry, order, problem, busy, gone } = state;

  // A crowd that waits for the same moment does not ask about its entries together.
  const crowd = () => Math.random() * Math.min(far, doc.value.entries / 10);

  async function own(aborted) {
    const before = entry.value?.status;
    if (before === 'entered') {
      if (doc.value.state !== 'drawn') return;
      await sleep(crowd(), aborted);
    }
    entry.value = await asBuyer(`${path}/entries`, { signal: aborted });
    const { status, order_id: made } = entry.value;
    if (status === 'offered') order.value = await asBuyer(`/api/v1/orders/${made}`, { signal: aborted }).catch(() => null);
    if (!before || before === status) return;
    if (status === 'offered') bell.ring();
    announce(t(`draw.own.${status}`, entry.value));
  }

  function pause() {
    const { state: stage, entries_until: until, commitment } = doc.value;
    if (stage === 'drawn') return entry.value?.status !== 'waiting' ? spread(seldom) : spread(entry.value.rank <= 2 * unitsOf(entry.value.sku) ? near : far);
    const due = Date.parse(stage === 'entering' ? until : commitment?.round_at) - now();
    return due > 0 ? Math.min(spread(seldom), due + 500 + Math.random() * 2_000) : spread(soon);
  }

  // rest ends early when the page is looked at again, or the network is back.
  let wake = null;
  const rest = (ms, aborted) => Promise.race([sleep(ms, aborted), new Promise((resolve) => { wake = resolve; })]);
  const seen = () => { if (!document.hidden) wake?.(); };

  async function follow(aborted) {
    let asks = !signedOut.value; // whether the buyer may have an entry that can change
    for (let failed = 0; ;) {
      try {
        const asked = asks || entry.value;
        if (!doc.value || !document.hidden || asked) {
          doc.value = await call(path, { signal: aborted });
          keepSeen(doc.value);
        }
        if (asks || ['entered', 'waiting'].includes(entry.value?.status)) {
          asks = false;
          await own(aborted);
        }
        failed = 0;
      } catch (p) {
        aborted.throwIfAborted();
        if (!['not_found', 'sign_in', 'unauthorized'].includes(p.code)) failed++;
      }
      await rest(failed || !doc.value ? backoff(failed) : pause(), aborted);
    }
  }

  async function press(ask) {
    busy.value = true;
    problem.value = null;
    try {
      await ask();
    } catch (p) {
      // In another tab, for another item.
      if (p.body?.state === 'entered') entry.value = await asBuyer(`${path}/entries`).catch(() => null);
      problem.value = p;
    }
    busy.value = false;
  }

  return {
    ...state,
    // follow begins for the present buyer, and gives what ends it.
    follow() {
      const stop = new AbortController();
      entry.value = order.value = problem.value = null;
      gone.value = false;
      follow(stop.signal).catch(() => {});
      document.addEventListener('visibilitychange', seen);
      addEventListener('online', seen);
      return () => {
        stop.abort();
        document.removeEventListener('visibilitychange', seen);
        removeEventListener('online', seen);
      };
    },
    enter: (sku) => press(async () => {
      bell.ready();
      entry.value = await asBuyer(`${path}/entries`, { method: 'POST', body: { sku } });
      gone.value = false;
      announce(t('draw.own.entered'));
    }),
    leave: () => press(async () => {
      await asBuyer(`${path}/entries`, { method: 'DELETE' });
      entry.value = null;
      gone.value = true;
      announce(t('draw.own.gone'));
    }),
  };
}
