// What is chosen on a sale's page, and the purchase of it.

import { useComputed, useEffect, useMemo, useSignal } from '../lib/html.js';
import { announce } from '../lib/announce.js';
import { tick } from '../lib/clock.js';
import { t } from '../lib/i18n.js';
import { buyer } from '../lib/session.js';
import { fills, readOwn } from './own_order.js';
import { makeBuying } from './purchase.js';
import { phaseAt } from './watch_sale.js';

// useBuying is for the page of one sale, whose signal it is given. pass gives what a queue
// lets the buyer in with, and onRefused is told each refusal.
export function useBuying(sale, { watch, pass, onRefused }) {
  const { id, items } = sale.value;
  const phase = useComputed(() => phaseAt(sale.value, tick.value)).value;
  const unopened = useComputed(() => tick.value < Date.parse(sale.value.starts_at)).value;
  const chosen = useSignal(firstChoice(items));
  const quantities = useSignal({});
  const own = useSignal(null);
  const buying = useMemo(() => makeBuying(id, { pass, onRefused: (sku, problem) => { takeRefusal(sale, sku, problem, watch.value); onRefused?.(problem); } }), [id]);
  useEffect(() => {
    const line = buying.resume();
    if (line && sale.value.items.some((i) => i.sku === line.sku)) {
      chosen.value = line.sku;
      quantities.value = { [line.sku]: line.quantity };
    }
    return buying.stop;
  }, [buying]);
  useEffect(() => {
    buying.clear(); // what was said to another buyer
    readOwn(id).then((order) => { own.value = order; });
  }, [buying, buyer.value]);
  useOpening(phase);

  const item = items.find((i) => i.sku === chosen.value) ?? items[0];
  const refused = buying.state.value;
  useEffect(() => {
    // A unit has come back, or another item was chosen: the refusal does not stand any more.
    if (refused.kind === 'refused' && (refused.sku !== item.sku || (refused.problem.code === 'sold_out' && item.available > 0))) buying.clear();
  }, [item.sku, item.available]);
  return {
    phase, unopened, item, buying,
    // A sale that was paused before it opened shows what one does that will open.
    stage: unopened && phase === 'paused' ? 'upcoming' : phase,
    going: refused.kind === 'going',
    quantity: quantities.value[item.sku] ?? 1,
    own: ownPath(refused, own.value, item),
    choose: (sku) => { chosen.value = sku; },
    count: (n) => { quantities.value = { ...quantities.value, [item.sku]: n }; },
  };
}

// ownPath leads a buyer who has as much as one may to the own order.
function ownPath(refused, order, item) {
  if (refused.kind === 'refused' && refused.problem.code === 'limit_exceeded') {
    return refused.problem.body.order_id ? `/orders/${refused.problem.body.order_id}` : '/orders';
  }
  return fills(order, item) ? `/orders/${order.order_id}` : undefined;
}

// The first item that can be had; the first of all when none can.
export const firstChoice = (items) => (items.find((i) => i.available > 0) ?? items[0]).sku;

// What a refusal says of the sale is known before the next reading.
function takeRefusal(sale, sku, problem, watch) {
  if (problem.code === 'sold_out') sale.value = { ...sale.value, items: sale.value.items.map((i) => (i.sku === sku ? { ...i, available: 0 } : i)) };
  if (problem.code === 'ended') sale.value = { ...sale.value, status: 'ended' };
  if (problem.code === 'sold_out') setTimeout(() => watch?.look(), 300 + Math.random() * 700);
}

// useOpening says to a screen reader what everybody else sees.
function useOpening(phase) {
  const before = useSignal(phase);
  useEffect(() => {
    if (before.value !== phase) announce(before.value === 'upcoming' && phase === 'live' ? t('sale.open') : t(`phase.${phase}`));
    before.value = phase;
  }, [phase]);
}
