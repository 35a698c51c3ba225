// One goods: where its units are now, and how they came there.

import { html, useState } from '../lib/html.js';
import { number, t } from '../lib/i18n.js';
import { Back, Link } from '../parts/link.js';
import { Loading } from '../parts/notice.js';
import { admin, post } from './api.js';
import { Act } from './confirm.js';
import { Field } from './field.js';
import { GoodsBar, places } from './goods_bar.js';
import { who } from './log.js';
import { Pager } from './pager.js';
import { Trouble } from './problem.js';
import { moment } from './times.js';
import { useLoad } from './use_load.js';

export function Goods({ id }) {
  const path = `/inventory/${id}`;
  const goods = useLoad(() => admin(path), [id], { every: 5_000 });
  const g = goods.data;
  return html`<div class="view"><${Back} to="/admin/goods">${t('admin.goods')}<//>
    <div class="head"><h1>${decodeURIComponent(id)}</h1>${g && html`<div class="actions"><${Change} path=${path} done=${goods.again} name=${g.goods} /></div>`}</div>
    ${goods.problem && html`<${Trouble} problem=${goods.problem} again=${goods.again} />`}
    ${!g && !goods.problem && html`<${Loading} />`}
    ${g && html`<section class="card view"><h2>${t('admin.goods.where')}</h2><${GoodsBar} goods=${g} />
      <dl class="settings legend" data-testid="where">${places.map((p) => html`<div key=${p} data-place=${p}><dt><i data-colour=${`units-${p}`}></i> ${t(`admin.${p}`)}</dt><dd class="num">${number(g[p])}</dd></div>`)}
        <div data-place="on_hand"><dt>${t('admin.goods.on_hand')}</dt><dd class="num">${number(g.on_hand)}</dd></div></dl>
      ${g.sales?.length > 0 && html`<h3>${t('admin.goods.sales')}</h3><ul class="rows" data-testid="goods-sales">${g.sales.map((s) => html`<li key=${s.sale_id} class="row"><div class="row-link">
        <span class="row-title"><${Link} to=${`/admin/sales/${s.sale_id}`}>${s.sale_id}<//></span><span class="soft row-meta">${t('admin.units', { n: s.units })}</span></div></li>`)}</ul>`}</section>
      <${Changes} path=${path} />`}</div>`;
}

function Change({ path, name, done }) {
  const run = (fields) => post(path, { by: Number(fields.by.value), reason: fields.reason.value.trim() });
  return html`<${Act} label=${t('admin.stock.change')} title=${t('admin.stock.title', { title: name })} text=${t('admin.goods.text')} testid="change-goods" run=${run} done=${done} fields=${['by', 'reason']}>
    ${(wrong) => html`<${Field} id="by" name="by" label=${t('admin.stock.delta')} type="number" step="1" required error=${wrong.by ?? wrong.on_hand} />
    <${Field} id="reason" name="reason" label=${t('admin.stock.reason')} maxlength="200" required error=${wrong.reason} />`}<//>`;
}

function Changes({ path }) {
  const [pages, setPages] = useState(['']);
  const cursor = pages[pages.length - 1];
  const { data, problem, again } = useLoad(() => admin(`${path}/history?limit=25${cursor && `&cursor=${cursor}`}`), [path, cursor], { every: cursor ? 0 : 5_000 });
  return html`<section class="card view"><h2>${t('admin.goods.history')}</h2>
    ${problem && html`<${Trouble} problem=${problem} again=${again} />`}
    <ol class="trail" data-testid="goods-history">${(data?.changes ?? []).map((c) => html`<li key=${c.id} data-kind=${c.kind}>
      <time class="soft num" datetime=${c.at}>${moment(c.at)}</time>
      <span><b>${t(`admin.change.${c.kind}`, { n: c.kind === 'set' && c.quantity > 0 ? `+${number(c.quantity)}` : number(c.quantity) })}</b>
        ${c.order_no && html`<span class="soft mono"> ${c.order_no}</span>`}${c.sale_id && html` <${Link} to=${`/admin/sales/${c.sale_id}`}>${c.sale_id}<//>`}
        ${c.reason && html`<span class="soft"> “${c.reason}”</span>`}</span>
      <span class="soft">${c.order_no ? c.user : who(c.user)}</span></li>`)}</ol>
    <${Pager} pages=${pages} setPages=${setPages} next=${data?.next_cursor} /></section>`;
}
