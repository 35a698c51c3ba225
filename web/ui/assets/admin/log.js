// Who did what to a sale, the newest first.

import { html } from '../lib/html.js';
import { has, number, t } from '../lib/i18n.js';
import { Back } from '../parts/link.js';
import { Loading } from '../parts/notice.js';
import { admin } from './api.js';
import { Trouble } from './problem.js';
import { moment } from './times.js';
import { useLoad } from './use_load.js';

export function Log({ id }) {
  const sale = useLoad(() => admin(`/sales/${id}`), [id]);
  const log = useLoad(() => admin(`/sales/${id}/log?limit=100`), [id], { every: 5_000 });
  return html`<div class="view"><${Back} to=${`/admin/sales/${id}`}>${sale.data?.name ?? t('admin.sale')}<//><h1>${t('admin.log')}</h1>
    ${log.problem && html`<${Trouble} problem=${log.problem} again=${log.again} />`}
    ${log.data ? html`<div class="card"><${Trail} actions=${log.data.actions} /></div>` : !log.problem && html`<${Loading} />`}
    ${log.data?.more && html`<p class="soft">${t('admin.log.older')}</p>`}</div>`;
}

// Trail lists actions; a dashboard shows the newest few.
export function Trail({ actions }) {
  if (actions.length === 0) return html`<p class="soft">${t('admin.log.none')}</p>`;
  return html`<ol class="trail" data-testid="trail">${actions.map((a) => html`<li key=${`${a.revision} ${a.at} ${a.action} ${a.detail ?? ''}`} data-action=${a.action}>
    <time class="soft num" datetime=${a.at}>${moment(a.at)}</time>
    <span><b>${said(a)}</b>${a.detail && html`<span class="soft"> “${a.detail}”</span>`}</span>
    <span class="soft">${who(a.actor)}</span></li>`)}</ol>`;
}

function said(a) {
  if (a.sku) return t('admin.did.stock', { sku: a.sku, delta: `${a.delta > 0 ? '+' : '−'}${number(Math.abs(a.delta))}`, total: a.total });
  const name = `admin.did.${a.action.replaceAll(' ', '_')}`;
  return has(name) ? t(name) : a.action;
}

// An operator's name stands after the token's. Others are parts of the service.
export function who(actor) {
  if (actor.startsWith('admin:')) return actor.slice(6);
  if (actor === 'admin') return t('admin.someone');
  return has(`admin.by.${actor}`) ? t(`admin.by.${actor}`) : actor || '—';
}
