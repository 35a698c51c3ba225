// One sale: its clock, its items, and the button.

import { html, useEffect, useSignal } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { setTitle } from '../lib/router.js';
import { Back } from '../parts/link.js';
import { Loading, Trouble } from '../parts/notice.js';
import { BuyArea, gone } from './buy_area.js';
import { ItemChoice, ItemFacts } from './buy_box.js';
import { isDrawn } from './draw.js';
import { DrawSale } from './draw_sale.js';
import { Gallery } from './gallery.js';
import { QueueSale } from './queue.js';
import { BackToast, Returns, useReturn } from './returns.js';
import { Hero } from './sale_hero.js';
import { useBuying } from './use_buying.js';
import { Waitlist } from './waitlist.js';
import { watchSale } from './watch_sale.js';

export function SaleView({ id }) {
  return html`<div class="view"><${Back} to="/">${t('back.sales')}<//><${Sale} id=${id} titled /></div>`;
}

// Sale is a whole sale, on its own page or as the only one on the first page.
export function Sale({ id, titled = false }) {
  const sale = useSignal(null);
  const problem = useSignal(null);
  const waiting = useSignal('');
  const watch = useSignal(null);
  useEffect(() => {
    const made = watchSale(id, {
      onSale: (reading) => { sale.value = reading; problem.value = null; },
      onProblem: (p) => { problem.value = p; },
      attentive: () => waiting.value !== '',
    });
    watch.value = made;
    return made.stop;
  }, [id]);
  if (problem.value) return html`<${Trouble} problem=${problem.value} again=${() => watch.value.look()} />`;
  if (!sale.value) return html`<${Loading} />`;
  if (titled) setTitle(`${sale.value.name} · ${t('brand')}`);
  if (isDrawn(sale.value)) return html`<${DrawSale} sale=${sale} />`;
  return sale.value.entry === 'queue' ? html`<${QueueSale} sale=${sale} watch=${watch} />` : html`<${OpenSale} sale=${sale} waiting=${waiting} watch=${watch} />`;
}

function OpenSale({ sale, waiting, watch }) {
  const { phase, unopened, stage, item, quantity, buying, going, own, choose, count } = useBuying(sale, { watch });
  const back = useSignal('');
  useReturn(item, waiting, back);
  return html`
    <${Hero} sale=${sale.value} phase=${phase} unopened=${unopened} />
    <div class="product">
      <${Gallery} item=${item} />
      <section class="box card" aria-label=${item.title}>
        <${ItemChoice} items=${sale.value.items} phase=${stage} chosen=${item.sku} disabled=${going} onChoose=${choose} />
        <${ItemFacts} item=${item} phase=${stage} quantity=${quantity} disabled=${going} onQuantity=${count} />
        <${BuyArea} sale=${sale.value} item=${item} phase=${phase} quantity=${quantity} buying=${buying} own=${own} />
        ${sale.value.entry === 'draw' ? html`<p class="say" data-testid="was-drawn">${t('draw.was')} <a class="link" href=${`/sales/${sale.value.id}/draw`} data-testid="how">${t('draw.see')}</a></p>` : html`<${Waitlist} sale=${sale.value} item=${item} quantity=${quantity} gone=${gone(item, phase)} />`}
        ${gone(item, phase) && html`<${Returns} item=${item} waiting=${waiting} />`}
      </section>
    </div>
    <${BackToast} back=${back} />`;
}
