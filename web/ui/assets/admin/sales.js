// All sales: what runs, what comes, what is being written, what was.

import { html, useEffect, useState } from '../lib/html.js';
import { sync } from '../lib/clock.js';
import { t } from '../lib/i18n.js';
import { Link } from '../parts/link.js';
import { Loading } from '../parts/notice.js';
import { admin } from './api.js';
import { EntryMark, RehearsalMark, SalePill } from './pills.js';
import { Trouble } from './problem.js';
import { closedEarly, inOrder, standOf, useSecond } from './stand.js';
import { moment, span } from './times.js';
import { useLoad } from './use_load.js';

const over = (cursor = '') => admin(`/sales?state=closed&limit=50${cursor && `&cursor=${cursor}`}`);

// Those that are not closed are few, and have to be known all: the one that runs may
// have been written long ago.
async function notOver() {
  const all = [];
  for (let cursor = '', pages = 0; pages < 10; pages++) {
    const page = await admin(`/sales?state=draft,ready,paused,recovering&limit=100${cursor && `&cursor=${cursor}`}`);
    all.push(...page.sales);
    if (!page.next_cursor) break;
    cursor = page.next_cursor;
  }
  return all;
}

export function Sales() {
  const first = useLoad(async () => {
    const [open, past] = await Promise.all([notOver(), over()]);
    return { sales: [...open, ...past.sales], next: past.next_cursor };
  }, [], { every: 5_000 });
  const [older, setOlder] = useState({ sales: [], next: undefined });
  const [problem, setProblem] = useState(null);
  const second = useSecond();
  useEffect(() => { sync(); }, []);
  if (!first.data) return first.problem ? html`<${Trouble} problem=${first.problem} again=${first.again} />` : html`<${Loading} />`;
  const next = older.sales.length > 0 ? older.next : first.data.next;
  const sales = inOrder([...new Map([...older.sales, ...first.data.sales].map((s) => [s.id, s])).values()], second);
  async function more() {
    try {
      const page = await over(next);
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
    <ul class="rows" data-testid="admin-sales">${sales.map((s) => html`<${Row} key=${s.id} sale=${s} isOver=${standOf(s, second) === 'over'} />`)}</ul>
    ${next && html`<button type="button" class="button" onClick=${more}>${t('admin.more')}</button>`}
  </div>`;
}

function Row({ sale, isOver }) {
  const units = sale.items.reduce((n, i) => n + i.stock, 0);
  return html`<li class="row" data-sale=${sale.id}><${Link} to=${`/admin/sales/${sale.id}`} class="row-link" data-testid="admin-sale">
      <span class="row-title">${sale.name}</span>
      <span class="row-pills">${sale.rehearsal && html`<${RehearsalMark} />`}<${EntryMark} sale=${sale} /><${SalePill} sale=${sale} /></span>
      <span class="soft row-meta num">${span(sale.starts_at, sale.ends_at)}${closedEarly(sale) && ` · ${t('admin.closed_early', { time: moment(sale.ended_at) })}`}${sale.entry === 'draw' && ` · ${t('admin.draw.until', { time: moment(sale.entries_until) })}`} · ${t('admin.items', { n: sale.items.length })} · ${t('admin.units', { n: units })}${sale.key && !sale.rehearsal ? ` · ${sale.key}` : ''}</span>
    <//>
    ${!sale.rehearsal && !isOver && html`<${Link} to=${`/admin/sales/${sale.id}/rehearse`} class="button small" data-testid="sale-rehearse"
      aria-label=${t('admin.rehearse.of', { name: sale.name })}>${t('admin.rehearse')}<//>`}</li>`;
}
