// All sales, the newest first.

import { html, useState } from '../lib/html.js';
import { number, t } from '../lib/i18n.js';
import { Link } from '../parts/link.js';
import { Loading } from '../parts/notice.js';
import { admin } from './api.js';
import { RehearsalMark, StatePill } from './pills.js';
import { Trouble } from './problem.js';
import { span } from './times.js';
import { useLoad } from './use_load.js';

export function Sales() {
  const first = useLoad(() => admin('/sales?limit=50'), [], { every: 5_000 });
  const [older, setOlder] = useState({ sales: [], next: undefined });
  const [problem, setProblem] = useState(null);
  if (!first.data) return first.problem ? html`<${Trouble} problem=${first.problem} again=${first.again} />` : html`<${Loading} />`;
  const next = older.sales.length > 0 ? older.next : first.data.next_cursor;
  const seen = new Set(first.data.sales.map((s) => s.id));
  const sales = [...first.data.sales, ...older.sales.filter((s) => !seen.has(s.id))];
  async function more() {
    try {
      const page = await admin(`/sales?limit=50&cursor=${next}`);
      setOlder({ sales: [...older.sales, ...page.sales], next: page.next_cursor });
      setProblem(null);
    } catch (p) { setProblem(p); }
  }
  return html`<div class="view">
    <div class="head"><h1>${t('admin.sales')}</h1>
      <div class="actions"><${Link} to="/admin/import" class="button small" data-testid="go-import">${t('admin.import')}<//>
        <${Link} to="/admin/new" class="button small main" data-testid="go-new">${t('admin.new')}<//></div></div>
    ${(first.problem ?? problem) && html`<${Trouble} problem=${first.problem ?? problem} />`}
    ${sales.length === 0 && html`<div class="empty"><p>${t('admin.sales.none')}</p><p class="soft">${t('admin.sales.none_lead')}</p></div>`}
    <ul class="rows" data-testid="admin-sales">${sales.map((s) => html`<${Row} key=${s.id} sale=${s} />`)}</ul>
    ${next && html`<button type="button" class="button" onClick=${more}>${t('admin.more')}</button>`}
  </div>`;
}

function Row({ sale }) {
  const units = sale.items.reduce((n, i) => n + i.stock, 0);
  return html`<li class="row" data-sale=${sale.id}><${Link} to=${`/admin/sales/${sale.id}`} class="row-link" data-testid="admin-sale">
      <span class="row-title">${sale.name}</span>
      <span class="row-pills">${sale.rehearsal && html`<${RehearsalMark} />`}<${StatePill} state=${sale.state} /></span>
      <span class="soft row-meta num">${span(sale.starts_at, sale.ends_at)} · ${t('admin.items', { n: sale.items.length })} · ${t('admin.units', { n: units })}${sale.key && !sale.rehearsal ? ` · ${sale.key}` : ''}</span>
    <//>
    ${!sale.rehearsal && html`<${Link} to=${`/admin/sales/${sale.id}/rehearse`} class="button small" data-testid="sale-rehearse"
      aria-label=${t('admin.rehearse.of', { name: sale.name })}>${t('admin.rehearse')}<//>`}</li>`;
}
