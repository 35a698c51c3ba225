// The shop's stock, from which its orders and its sales take: what is there of each goods.

import { html, useState } from '../lib/html.js';
import { number, t } from '../lib/i18n.js';
import { Link } from '../parts/link.js';
import { Loading } from '../parts/notice.js';
import { admin, post } from './api.js';
import { Act } from './confirm.js';
import { Field } from './field.js';
import { GoodsBar, places } from './goods_bar.js';
import { Pager } from './pager.js';
import { Trouble } from './problem.js';
import { useLoad } from './use_load.js';

export function AllGoods() {
  const [pages, setPages] = useState(['']);
  const cursor = pages[pages.length - 1];
  const { data, problem, again } = useLoad(() => admin(`/inventory?limit=50${cursor && `&cursor=${encodeURIComponent(cursor)}`}`), [cursor], { every: 5_000 });
  const goods = data?.goods ?? [];
  return html`<div class="view"><div class="head"><div><h1>${t('admin.goods')}</h1><p class="lead">${t('admin.goods.lead')}</p></div>
      <div class="actions"><${Link} to="/admin/goods-import" class="button small" data-testid="go-import-goods">${t('admin.import')}<//><${New} done=${again} /></div></div>
    ${problem && html`<${Trouble} problem=${problem} again=${again} />`}
    ${!data && !problem && html`<${Loading} />`}
    ${data && goods.length === 0 && html`<p class="empty" data-testid="no-goods">${t('admin.goods.none')}</p>`}
    ${goods.length > 0 && html`<section class="card view"><div class="table" tabindex="0" role="region" aria-label=${t('admin.goods')}><table data-testid="goods"><thead><tr>
      <th scope="col">${t('admin.goods.name')}</th><th scope="col" class="bar-col"><span class="unseen">${t('admin.chart.stock')}</span></th><th scope="col">${t('admin.goods.on_hand')}</th>
      ${places.map((p) => html`<th key=${p} scope="col">${t(`admin.${p}`)}</th>`)}</tr></thead>
      <tbody>${goods.map((g) => html`<tr key=${g.goods} data-goods=${g.goods}><th scope="row"><${Link} to=${`/admin/goods/${encodeURIComponent(g.goods)}`}>${g.goods}<//></th>
        <td class="bar-col"><${GoodsBar} goods=${g} /></td><td>${number(g.on_hand)}</td>${places.map((p) => html`<td key=${p} data-column=${p}>${number(g[p])}</td>`)}</tr>`)}</tbody></table></div></section>`}
    <${Pager} pages=${pages} setPages=${setPages} next=${data?.next_cursor} /></div>`;
}

// New makes goods; those that are there already it leaves alone.
function New({ done }) {
  const run = (fields) => post(`/inventory/${encodeURIComponent(fields.goods.value.trim())}`,
    { on_hand: Number(fields.on_hand.value), version: 0, reason: fields.reason.value.trim() });
  return html`<${Act} label=${t('admin.goods.new')} title=${t('admin.goods.new.title')} text=${t('admin.goods.new.text')} testid="new-goods" main=${true} run=${run} done=${done} fields=${['goods', 'on_hand', 'reason']}>
    ${(wrong) => html`<${Field} id="goods" name="goods" label=${t('admin.goods.name')} maxlength="64" pattern="[A-Za-z0-9][A-Za-z0-9._\\-]*" title=${t('admin.wrong.sku')} required error=${wrong.goods} />
    <${Field} id="on_hand" name="on_hand" label=${t('admin.goods.on_hand')} type="number" min="0" max="1000000000" step="1" required error=${wrong.on_hand} />
    <${Field} id="reason" name="reason" label=${t('admin.stock.reason')} maxlength="200" required error=${wrong.reason} />`}<//>`;
}
