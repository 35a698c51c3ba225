// A sale that lets buyers in one after the other. Nobody is faster than others in it: who
// comes before the start is shuffled, and who comes later stands at the end.

import { announce } from '../lib/announce.js';
import { tick } from '../lib/clock.js';
import { html, useComputed, useEffect, useMemo, useRef, useSignal } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { keepFirst } from '../lib/seen.js';
import { buyer } from '../lib/session.js';
import { BuyArea } from '../buyer/buy_area.js';
import { ItemChoice, ItemFacts } from '../buyer/buy_box.js';
import { Gallery } from '../buyer/gallery.js';
import { Hero } from '../buyer/sale_hero.js';
import { firstChoice, useBuying } from '../buyer/use_buying.js';
import { makeQueue, standingOf } from './place.js';
import { QueueArea } from './queue_area.js';
import { QueuePanel } from './queue_panel.js';
import { TurnLeft, useTurn } from './turn.js';
import { ahead, stateOf } from './words.js';

export function QueueSale({ sale, watch }) {
  const { id, items } = sale.value;
  const queue = useMemo(() => makeQueue(id, () => Date.parse(sale.value.starts_at)), [id]);
  const { phase, unopened, stage, item, quantity, buying, going, own, choose, count } = useBuying(sale, {
    watch, pass: () => queue.place.value?.pass, onRefused: (p) => { if (p.code === 'queue_required') queue.again(); },
  });
  useEffect(queue.follow, [queue, buyer.value]);
  const loud = useSignal(false);
  const place = queue.place.value;
  const state = useComputed(() => stateOf(sale.value, tick.value)).value;
  const standing = useComputed(() => standingOf(queue.place.value, tick.value)).value;
  const called = standing === 'called';
  useEffect(() => {
    const now = sale.value.queue;
    if (place && !now.seed) keepFirst(id, { commitment: now.commitment });
  }, [Boolean(place)]);
  useEffect(() => { if (called && item.available <= 0) choose(firstChoice(items)); }, [called]);
  useTurn(called, loud);
  useSpoken(place, standing, state);

  return html`
    <${Hero} sale=${sale.value} phase=${phase} unopened=${unopened} />
    <div class="product">
      <${Gallery} item=${item} />
      <section class="box card" aria-label=${item.title}>
        <p class="unseen" role="alert" data-testid="turn-say">${called && t('queue.turn.say')}</p>
        <${ItemChoice} items=${items} phase=${stage} chosen=${item.sku} disabled=${going} onChoose=${choose} />
        <${ItemFacts} item=${item} phase=${stage} quantity=${quantity} disabled=${going} onQuantity=${count} />
        ${called || going
          ? html`<${BuyArea} sale=${sale.value} item=${item} phase=${phase} quantity=${quantity} buying=${buying} own=${own}>${called && html`<${TurnLeft} until=${place.pass_until} />`}<//>`
          : html`<${QueueArea} queue=${queue} state=${state} standing=${standing} refused=${buying.state.value.problem?.code === 'queue_required' && buying.state.value.problem} own=${own} onJoin=${() => { buying.clear(); queue.join(); }} />`}
        <${QueuePanel} sale=${sale.value} queue=${queue} state=${state} standing=${standing} loud=${loud} />
      </section>
    </div>`;
}

const often = 15_000; // ms; a place may change each second, which nobody wants to hear

// useSpoken says to a screen reader where the buyer stands: at once what is new, and the
// place now and then.
function useSpoken(place, standing, state) {
  const last = useRef({ kind: 'none', at: 0 });
  const kind = standing !== 'waiting' ? standing : state === 'gathering' ? 'in' : place.ahead === undefined ? 'placing' : 'placed';
  const text = { none: '', called: '', in: t('queue.in') }[kind] ?? (standing === 'waiting' ? ahead(place) : t(`queue.own.${standing}`));
  useEffect(() => {
    const now = performance.now();
    const timer = setTimeout(() => {
      last.current = { kind, at: performance.now() };
      if (text) announce(text);
    }, kind === last.current.kind ? last.current.at + often - now : 0);
    return () => clearTimeout(timer);
  }, [kind, text]);
}
