// Who waits for units of a sale that is sold out, the longest waiting first.

import { html, useState } from '../lib/html.js';
import { number, t } from '../lib/i18n.js';
import { Back, Link } from '../parts/link.js';
import { Loading } from '../parts/notice.js';
import { admin } from './api.js';
import { Pager } from './pager.js';
import { Trouble } from './problem.js';
import { moment } from './times.js';
import { useLoad } from './use_load.js';

export function Waitlist({ id }) {
  const [pages, setPages] = useState(['']); // the cursors of the pages up to this one
  const cursor = pages[pages.length - 1];
  const sale = useLoad(() => admin(`/sales/${id}`), [id]);
  const list = useLoad(() => admin(`/sales/${id}/waitlist?limit=50${cursor && `&cursor=${cursor}`}`), [id, cursor]);
  const data = list.data;
  return html`<div class="view"><${Back} to=${`/admin/sales/${id}`}>${sale.data?.name ?? t('admin.sale')}<//>
    <div class="head"><h1>${t('admin.waitlist')}</h1><button type="button" class="button small" data-testid="again" onClick=${list.again}>${t('admin.waitlist.again')}</button></div>
    ${list.problem && html`<${Trouble} problem=${list.problem} again=${list.again} />`}
    ${!data && !list.problem && html`<${Loading} />`}
    ${data && html`<p class="soft" data-testid="waiting">${Object.entries(data.waiting).map(([sku, n]) => t('admin.waitlist.count', { n, sku })).join(' · ') || t('admin.waitlist.none')}</p>`}
    ${data?.places.length > 0 && html`<${Places} places=${data.places} />`}
    <${Pager} pages=${pages} setPages=${setPages} next=${data?.next_cursor} back="admin.waitlist.before" on="admin.waitlist.after" /></div>`;
}

function Places({ places }) {
  return html`<div class="table card orders" tabindex="0" role="region" aria-label=${t('admin.waitlist')}><table data-testid="places"><thead><tr>
      <th scope="col" class="left">${t('admin.col.buyer')}</th><th scope="col" class="left">${t('admin.col.lines')}</th>
      <th scope="col" class="left">${t('admin.col.status')}</th><th scope="col">${t('admin.col.order')}</th><th scope="col">${t('admin.col.since')}</th>
    </tr></thead><tbody>${places.map((p) => html`<tr key=${p.buyer}>
      <th scope="row" class="left clip">${p.buyer}</th><td class="left">${p.sku} × ${number(p.quantity)}</td><td class="left">${t(`admin.wait.${p.status}`)}</td>
      <td>${p.order_id ? html`<${Link} to=${`/admin/orders/${p.order_id}`}>${p.order_id}<//>` : ''}</td><td>${moment(p.joined_at)}</td>
    </tr>`)}</tbody></table></div>`;
}
