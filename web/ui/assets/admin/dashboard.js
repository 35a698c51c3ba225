// A sale at a glance: is it healthy, what is left, how fast does it go.

import { html, useEffect } from '../lib/html.js';
import { sync } from '../lib/clock.js';
import { number, t } from '../lib/i18n.js';
import { Back, Link } from '../parts/link.js';
import { Loading } from '../parts/notice.js';
import { admin } from './api.js';
import { Chart } from './chart.js';
import { Draw } from './draw.js';
import { Funnel } from './funnel.js';
import { Health } from './health.js';
import { useLive } from './live.js';
import { Trail } from './log.js';
import { Pace } from './pace.js';
import { EntryMark, RehearsalMark, SalePill } from './pills.js';
import { Trouble } from './problem.js';
import { Queue } from './queue.js';
import { RehearsalResult } from './rehearsal_result.js';
import { SaleActions } from './sale_actions.js';
import { closedEarly, standOf, useSecond } from './stand.js';
import { Stock } from './stock.js';
import { moment, span } from './times.js';
import { useLoad } from './use_load.js';

export function Dashboard({ id }) {
  const sale = useLoad(() => admin(`/sales/${id}`), [id], { every: 10_000 });
  const log = useLoad(() => admin(`/sales/${id}/log?limit=6`), [id], { every: 10_000 });
  const live = useLive(id);
  const second = useSecond();
  useEffect(() => { sync(); }, []);
  if (live.gone.value && (!sale.data || sale.data.rehearsal)) return html`<${Gone} rehearsal=${sale.data?.rehearsal} id=${id} />`;
  if (!sale.data) return sale.problem ? html`<${Trouble} problem=${sale.problem} again=${sale.again} />` : html`<${Loading} />`;
  const reading = live.reading.value;
  const known = { ...sale.data, ...(reading && { state: reading.state, phase: reading.phase }) };
  const { state } = known;
  const changed = () => { sale.again(); log.again(); };
  return html`<div class="view" data-testid="dashboard" data-live=${String(Boolean(reading) && !live.trouble.value)}>
    <${Back} to="/admin">${t('admin.sales')}<//>
    <${Head} sale=${known} />
    <${SaleActions} sale=${known} isOver=${standOf(known, second) === 'over'} changed=${changed} />
    ${live.trouble.value && html`<p class="notice" role="status" data-testid="stale">${t('admin.stale')}</p>`}
    ${sale.data.rehearsal && html`<${RehearsalResult} sale=${id} />`}
    ${sale.data.entry === 'draw' && state !== 'draft' && html`<${Draw} id=${id} />`}
    ${sale.data.entry === 'queue' && state !== 'draft' && html`<${Queue} id=${id} changed=${changed} />`}
    ${state === 'draft' ? html`<${DraftHint} />` : html`<${Live} live=${live} reading=${reading} />`}
    <${Stock} items=${reading?.items ?? sale.data.items.map((i) => ({ sku: i.sku, total: i.stock, available: 0, in_flight: 0, reserved: 0, sold: 0 }))} sale=${known} changed=${changed} audit=${reading?.audit} />
    <section class="card view"><div class="head"><h2>${t('admin.log')}</h2><${Link} to=${`/admin/sales/${id}/log`} class="link">${t('admin.log.all')}<//></div>
      ${log.data ? html`<${Trail} actions=${log.data.actions} />` : html`<${Loading} />`}</section>
  </div>`;
}

// A hold that is whole minutes is told in minutes.
const holdText = (s) => (s % 60 === 0 ? t('minutes', { n: s / 60 }) : t('seconds', { n: s }));

function Head({ sale }) {
  return html`<header class="sale-head"><div class="pills"><${SalePill} sale=${sale} />${sale.rehearsal && html`<${RehearsalMark} />`}<${EntryMark} sale=${sale} /></div>
    <h1>${sale.name}</h1>
    <p class="soft num">${span(sale.starts_at, sale.ends_at)}${closedEarly(sale) && html` · <b data-testid="closed-early">${t('admin.closed_early', { time: moment(sale.ended_at) })}</b>`} · ${t('admin.hold', { time: holdText(sale.hold_seconds) })} · <span class="mono">${sale.id}</span>${sale.key && !sale.rehearsal ? html` · <span class="mono">${sale.key}</span>` : ''}</p></header>`;
}

const DraftHint = () => html`<p class="notice" data-tone="info">${t('admin.draft.hint')}</p>`;

// Live has what moves once a second.
function Live({ live, reading }) {
  if (!reading) return html`<${Loading} />`;
  const points = live.points.value;
  const now = points[points.length - 1] ?? {};
  return html`<div class="glance"><${Health} audit=${reading.audit} /><${Pace} reading=${reading} now=${now} /></div>
    <div class="charts">
      <section class="card"><${Chart} points=${points} stacked=${true} label=${t('admin.chart.stock')} lines=${[
        { of: 'available', label: t('admin.available'), colour: '--units-available' }, { of: 'in_flight', label: t('admin.in_flight'), colour: '--units-flight' },
        { of: 'reserved', label: t('admin.reserved'), colour: '--units-reserved' }, { of: 'sold', label: t('admin.sold'), colour: '--units-sold' }]} /></section>
      <section class="card"><${Chart} points=${points} label=${t('admin.chart.rates')} lines=${[
        { of: 'acceptedRate', label: t('admin.accepted'), colour: '--units-sold' }, { of: 'refusedRate', label: t('admin.refused'), colour: '--units-refused' }]} /></section>
    </div>
    <div class="halves"><section class="card view"><h2>${t('admin.funnel')}</h2><${Funnel} reading=${reading} now=${now} /></section>
      <section class="card view"><h2>${t('admin.refusals')}</h2><${Refusals} refusals=${reading.refusals} /></section></div>`;
}

function Refusals({ refusals }) {
  const list = Object.entries(refusals).sort((a, b) => b[1] - a[1]);
  return html`${list.length === 0 ? html`<p class="soft">${t('admin.none')}</p>` : html`<dl class="settings" data-testid="refusals">${list.map(([code, n]) => html`<div key=${code}><dt>${t(`admin.code.${code}`)}</dt><dd class="num">${number(n)}</dd></div>`)}</dl>`}
    <p class="soft hint">${t('admin.this_process')}</p>`;
}

function Gone({ rehearsal, id }) {
  return html`<div class="view"><${Back} to="/admin">${t('admin.sales')}<//><div class="empty" data-testid="gone"><p>${t(rehearsal === false ? 'problem.not_found' : 'admin.gone')}</p></div>
    <${RehearsalResult} sale=${id} /></div>`;
}
