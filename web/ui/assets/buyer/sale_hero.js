// What a sale is, and its clock.

import { html, useComputed } from '../lib/html.js';
import { tick } from '../lib/clock.js';
import { t } from '../lib/i18n.js';
import { zoned } from '../lib/zoned.js';
import { Countdown } from '../parts/countdown.js';
import { PhasePill } from '../parts/pill.js';
import { whenBack } from './returns.js';

export function Hero({ sale, phase, unopened }) {
  const starts = unopened && phase !== 'ended';
  return html`<section class="hero" aria-labelledby="sale-name">
    <div class="hero-text"><${PhasePill} phase=${phase} /><h1 id="sale-name" class="clamp" title=${sale.name}>${sale.name}</h1>
      <p class="lead" data-testid="lead">${phase === 'sold_out' ? html`<${SoldOut} sale=${sale} />` : lead(sale, phase)}</p></div>
    <div class="hero-count">
      <p class="count-caption">${phase === 'ended' ? t('sale.ended_at', { time: zoned(sale.ends_at) }) : starts ? `${t('sale.opens_in')} · ${zoned(sale.starts_at)}` : t('sale.ends_in')}</p>
      ${phase !== 'ended' && html`<${Countdown} key=${starts} to=${Date.parse(starts ? sale.starts_at : sale.ends_at)} />`}
    </div>
  </section>`;
}

function lead(sale, phase) {
  if (phase === 'paused' || phase === 'ended') return t(`sale.lead.${phase}`);
  const s = sale.hold_seconds;
  return t('sale.hold', { time: s >= 60 ? t('minutes', { n: Math.round(s / 60) }) : t('seconds', { n: s }) });
}

function SoldOut({ sale }) {
  return useComputed(() => t('sale.lead.sold_out', { next: whenBack(sale.items, sale.next_return_at, tick.value) }));
}
