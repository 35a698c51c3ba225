// A place behind an item that is sold out. The server keeps it, so it is the same after
// a reload, on another device, and when this page is closed.

import { html, useEffect, useSignal } from '../lib/html.js';
import { announce } from '../lib/announce.js';
import { backoff, sleep } from '../lib/api.js';
import { t } from '../lib/i18n.js';
import { problemText } from '../lib/problem.js';
import { asBuyer, buyer } from '../lib/session.js';
import { load, perBrowser, save } from '../lib/storage.js';
import { Link } from '../parts/link.js';
import { bell } from './returns.js';

const key = (sale) => `seckill.waits.${sale}`;
const path = (sale) => `/api/v1/sales/${sale}/waitlist`;
const pause = 4000; // ms between two looks at a place, and up to a half more

// Waitlist shows the place, or a button that asks for one. The server is asked only by
// who has joined here: when an item sells out, everybody is on its page.
export function Waitlist({ sale, item, quantity, gone }) {
  const place = useSignal(null);
  const problem = useSignal(null);
  const busy = useSignal(false);
  const joined = useSignal(false);
  useEffect(() => {
    place.value = null; // another buyer's
    joined.value = load(perBrowser, key(sale.id)) === buyer.value;
  }, [sale.id, buyer.value]);
  useEffect(() => {
    if (!joined.value) return undefined;
    const stop = new AbortController();
    follow(sale.id, place, stop.signal).catch(() => {});
    return () => stop.abort();
  }, [sale.id, buyer.value, joined.value]);

  const act = async (method, body) => {
    busy.value = true;
    problem.value = null;
    try {
      place.value = await asBuyer(path(sale.id), { method, body });
      save(perBrowser, key(sale.id), method === 'POST' ? buyer.value : null);
      joined.value = method === 'POST';
      if (method === 'POST') bell.ready();
      announce(standing(place.value));
    } catch (p) {
      problem.value = p;
    }
    busy.value = false;
  };
  const now = place.value;
  const waits = now?.status === 'waiting';
  if (!gone && !waits && now?.status !== 'offered') return null;
  return html`<section class="returns" data-testid="waitlist" data-status=${now?.status}>
    <h3>${t('waitlist.title')}</h3>
    ${now && html`<p data-testid="place">${standing(now)} ${waits && other(now, item, sale)}</p>`}
    ${now?.status === 'offered' && html`<${Link} class="button main" to=${`/orders/${now.order_id}`} data-testid="offered">${t('waitlist.order')}<//>`}
    ${!now && html`<p class="soft">${t('waitlist.how')}</p>`}
    ${waits ? html`<button type="button" class="link" disabled=${busy.value} data-testid="leave" onClick=${() => act('DELETE')}>${t('waitlist.leave')}</button>`
      : gone && html`<button type="button" class="button" disabled=${busy.value} data-testid="join" onClick=${() => act('POST', { sku: item.sku, quantity })}>${t('waitlist.join', { n: quantity })}</button>`}
    ${problem.value && html`<p class="say" role="alert" data-wrong="" data-testid="waitlist-problem">${wrong(problem.value)}</p>`}
  </section>`;
}

// follow looks at the place again and again for as long as something can be offered.
async function follow(sale, place, signal) {
  for (let failed = 0; ;) {
    try {
      const before = place.value?.status;
      place.value = await asBuyer(path(sale), { signal });
      failed = 0;
      if (before === 'waiting' && place.value.status === 'offered') {
        bell.ring();
        announce(standing(place.value));
      }
      if (place.value.status !== 'waiting') return;
    } catch (problem) {
      signal.throwIfAborted();
      if (problem.code === 'not_found' || problem.code === 'sign_in') return;
      failed++;
    }
    await sleep(failed ? backoff(failed) : pause * (1 + Math.random() / 2), signal);
  }
}

function standing({ status, ahead }) {
  if (status !== 'waiting') return t(`waitlist.${status}`);
  return ahead ? t('waitlist.ahead', { n: ahead }) : t('waitlist.next');
}

// other names what is waited for where that is not what is looked at.
function other(now, item, sale) {
  if (now.sku === item.sku) return '';
  return t('waitlist.for', { title: sale.items.find((i) => i.sku === now.sku)?.title ?? now.sku });
}

function wrong(problem) {
  return problem.code === 'conflict' && problem.body.state === 'full' ? t('waitlist.full')
    : problem.code === 'conflict' && problem.body.state === 'live' ? t('returns.back') : problemText(problem);
}
