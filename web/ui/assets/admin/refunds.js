// Money that has to go back: what is due, since when, and why it did not work yet.

import { html, useState } from '../lib/html.js';
import { money } from '../lib/format.js';
import { t } from '../lib/i18n.js';
import { Link } from '../parts/link.js';
import { Loading } from '../parts/notice.js';
import { admin, post } from './api.js';
import { Act } from './confirm.js';
import { Pager } from './pager.js';
import { Trouble } from './problem.js';
import { moment } from './times.js';
import { useLoad } from './use_load.js';

export function Refunds() {
  const [pages, setPages] = useState(['']);
  const cursor = pages[pages.length - 1];
  const { data, problem, again } = useLoad(() => admin(`/refunds?limit=50${cursor && `&cursor=${encodeURIComponent(cursor)}`}`), [cursor], { every: 10_000 });
  const due = data?.refunds ?? [];
  return html`<div class="view"><div class="head"><div><h1>${t('admin.refunds')}</h1><p class="lead">${t('admin.refunds.lead')}</p></div>
      ${due.length > 0 && html`<div class="actions"><${Act} label=${t('admin.refunds.all')} title=${t('admin.refunds.all.title')} text=${t('admin.refunds.text')} testid="retry-all" main=${true}
        run=${() => post('/refunds/retry', {})} done=${again} /></div>`}</div>
    ${problem && html`<${Trouble} problem=${problem} again=${again} />`}
    ${!data && !problem && html`<${Loading} />`}
    ${data && due.length === 0 && html`<p class="empty" data-testid="no-refunds">${t('admin.refunds.none')}</p>`}
    <ul class="rows" data-testid="refunds">${due.map((r) => html`<li key=${`${r.provider} ${r.payment_id}`} class="row"><div class="row-link">
      <span class="row-title num">${money(r.amount, r.currency)}</span>
      <span class="row-pills"><span class="pill" data-stand=${r.next_try_at ? 'paused' : 'wrong'}>${r.next_try_at ? t('admin.refunds.next', { time: moment(r.next_try_at) }) : t('admin.refunds.person')}</span></span>
      <span class="soft row-meta"><${Link} to=${`/admin/orders/${r.order_id}`}>${t('admin.order.title', { id: r.order_id })}<//> · ${t('admin.refunds.since', { time: moment(r.since) })} · ${t('admin.refund.tries', { n: r.attempts })} · <span class="mono">${r.provider} ${r.payment_id}</span></span>
      ${r.last_error && html`<span class="error row-meta">${r.last_error}</span>`}</div>
      <${Act} label=${t('admin.refunds.again')} title=${t('admin.refunds.again.title')} text=${t('admin.refunds.text')} testid="retry-refund"
        run=${() => post('/refunds/retry', { ids: [r.payment_id] })} done=${again} /></li>`)}</ul>
    <${Pager} pages=${pages} setPages=${setPages} next=${data?.next_cursor} /></div>`;
}
