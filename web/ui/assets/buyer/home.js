// All sales that a buyer may see. A sale that is the only one is here as a whole.

import { html, useComputed, useEffect, useSignal } from '../lib/html.js';
import { call } from '../lib/api.js';
import { tick, told } from '../lib/clock.js';
import { clockText } from '../lib/format.js';
import { t } from '../lib/i18n.js';
import { setTitle } from '../lib/router.js';
import { zoned } from '../lib/zoned.js';
import { Link } from '../parts/link.js';
import { Loading, Trouble } from '../parts/notice.js';
import { Picture } from '../parts/picture.js';
import { PhasePill } from '../parts/pill.js';
import { Price } from '../parts/price.js';
import { isDrawn, stageOf } from './draw.js';
import { DrawPill } from './draw_sale.js';
import { Sale } from './sale.js';
import { phaseAt } from './watch_sale.js';

const again = 15_000; // ms
const day = 24 * 3600_000;

export function HomeView() {
  const sales = useSignal(null);
  const problem = useSignal(null);
  const look = async () => {
    try {
      const answer = await call('/api/v1/sales', { early: true });
      told(answer.now);
      sales.value = answer.sales;
      problem.value = null;
    } catch (p) {
      if (!sales.value) problem.value = p;
    }
  };
  useEffect(() => {
    look();
    const timer = setInterval(() => { if (!document.hidden) look(); }, again * (0.75 + Math.random() / 2));
    return () => clearInterval(timer);
  }, []);
  setTitle(`${t('title')} · ${t('brand')}`);
  return html`<div class="view">
    <div class="intro"><h1>${t('home.title')}</h1><p class="lead">${t('home.lead')}</p></div>
    ${problem.value ? html`<${Trouble} problem=${problem.value} again=${look} />` : sales.value ? html`<${Shelves} sales=${sales.value} />` : html`<${Loading} />`}
  </div>`;
}

function Shelves({ sales }) {
  const phases = useComputed(() => sales.map((s) => phaseAt(s, tick.value)).join());
  const phase = phases.value.split(',');
  const past = sales.filter((_, i) => phase[i] === 'ended');
  const upcoming = sales.filter((_, i) => phase[i] === 'upcoming');
  const live = sales.filter((_, i) => phase[i] !== 'ended' && phase[i] !== 'upcoming');
  const current = [...live, ...upcoming];
  if (sales.length === 0) return html`<div class="empty" data-testid="none"><p>${t('home.none')}</p><p class="soft">${t('home.none_lead')}</p></div>`;
  return html`
    ${current.length === 1 ? html`<div class="view" key=${current[0].id} data-testid="only-sale"><${Sale} id=${current[0].id} /></div>` : html`
      <${Shelf} name=${t('home.live')} sales=${live} wide=${live.length === 1} /><${Shelf} name=${t('home.upcoming')} sales=${upcoming} />`}
    <${Shelf} name=${t('home.past')} sales=${past} />`;
}

function Shelf({ name, sales, wide = false }) {
  if (sales.length === 0) return null;
  return html`<section class="shelf"><h2>${name}</h2><div class=${wide ? 'sales one' : 'sales'}>${sales.map((sale) => html`<${Card} key=${sale.id} sale=${sale} />`)}</div></section>`;
}

function Card({ sale }) {
  const phase = useComputed(() => phaseAt(sale, tick.value));
  const stage = useComputed(() => isDrawn(sale) && stageOf(sale, null, tick.value));
  const time = useComputed(() => timeText(sale, phase.value));
  const { items } = sale;
  // The card shows one item: the cheapest of those that can be had.
  const left = items.filter((i) => i.available > 0);
  const shown = (left.length > 0 ? left : items).reduce((least, i) => (i.price < least.price ? i : least));
  return html`<${Link} to=${`/sales/${sale.id}`} class="sale-card" data-testid="sale" data-sale=${sale.id} data-phase=${phase.value}>
    <div class="sale-art"><${Picture} src=${shown.image_url} sku=${shown.sku} />${stage.value ? html`<${DrawPill} stage=${stage.value} />` : html`<${PhasePill} phase=${phase.value} />`}</div>
    <div class="sale-text">
      <h3 class="clamp" title=${sale.name}>${sale.name}</h3>
      <${Price} item=${shown} from=${items.some((i) => i.price > shown.price)} />
      <p class="sale-meta"><span>${time}</span><span>${t('home.items', { n: items.length })}</span>
        ${sale.queue && phase.value !== 'ended' && html`<span>${t('home.queue', { n: sale.queue[phase.value === 'upcoming' ? 'joined' : 'waiting'] })}</span>`}
        ${units(items, stage.value && phase.value !== 'ended' ? 'upcoming' : phase.value)}</p>
    </div>
  <//>`;
}

function units(items, phase) {
  const sum = (field) => items.reduce((n, i) => n + i[field], 0);
  if (phase === 'upcoming') return html`<span>${t('item.planned', { n: sum('stock') })}</span>`;
  return phase === 'live' && html`<span>${t('home.left', { n: sum('available') })}</span>`;
}

function timeText(sale, phase) {
  if (phase === 'ended') return t('home.ended_at', { time: zoned(sale.ends_at) });
  if (isDrawn(sale) && tick.value < Date.parse(sale.entries_until)) {
    const closes = Date.parse(sale.entries_until) - tick.value;
    return closes < day ? t('home.enter_in', { time: clockText(closes) }) : t('home.enter_until', { time: zoned(sale.entries_until) });
  }
  const starts = phase === 'upcoming';
  const at = starts ? sale.starts_at : sale.ends_at;
  const left = Date.parse(at) - tick.value;
  if (starts) return left < day ? t('home.opens_in', { time: clockText(left) }) : t('home.opens_at', { time: zoned(at) });
  return left < day ? t('home.ends_in', { time: clockText(left) }) : t('home.ends_at', { time: zoned(at) });
}
