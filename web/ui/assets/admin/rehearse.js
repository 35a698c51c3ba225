// A crowd is made up and sent to a copy of the sale, so that the real screens are
// seen under real load before the real day.

import { html, useState } from '../lib/html.js';
import { number, t } from '../lib/i18n.js';
import { go } from '../lib/router.js';
import { Back } from '../parts/link.js';
import { Loading } from '../parts/notice.js';
import { admin, post } from './api.js';
import { Field } from './field.js';
import { Trouble, told } from './problem.js';
import { RehearsalResult } from './rehearsal_result.js';
import { useLoad } from './use_load.js';

const bounds = { buyers: [1, 10_000], seconds: [5, 60], units: [0, 10_000_000], pay_percent: [0, 100], twice_percent: [0, 100] };

export function Rehearse({ id }) {
  const sale = useLoad(() => admin(`/sales/${id}`), [id]);
  const state = useLoad(() => admin('/rehearsal'), [id]);
  const back = html`<${Back} to=${`/admin/sales/${id}`}>${sale.data?.name ?? t('admin.sale')}<//>`;
  const problem = sale.problem ?? state.problem;
  if (problem) return html`<div class="view">${back}<${Trouble} problem=${problem} again=${() => { sale.again(); state.again(); }} /></div>`;
  if (!sale.data || !state.data) return html`<${Loading} />`;
  return html`<div class="view">${back}<div><h1>${t('admin.rehearse')}</h1><p class="lead">${t('admin.rehearse.lead')}</p></div>
    ${state.data.enabled ? html`<${Plan} sale=${sale.data} />` : html`<p class="notice" data-testid="rehearsal-off">${t('admin.rehearse.off')}</p>`}
    ${state.data.rehearsal?.source_id === id && html`<h2>${t('admin.rehearse.last')}</h2><${RehearsalResult} sale=${state.data.rehearsal.sale_id} />`}
  </div>`;
}

function Plan({ sale }) {
  const units = sale.items.reduce((n, i) => n + i.stock, 0);
  const [plan, setPlan] = useState({ buyers: '2000', seconds: '20', units: String(Math.min(units, 500)), pay_percent: '80', twice_percent: '20' });
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState(false);
  const bad = (name) => {
    const [least, most] = bounds[name];
    return /^\d{1,8}$/.test(plan[name].trim()) && Number(plan[name]) >= least && Number(plan[name]) <= most ? null : t('admin.wrong.between', { least, most });
  };
  const refused = told(problem, Object.keys(bounds), {});
  const field = (name) => html`<${Field} id=${`plan-${name}`} inputmode="numeric" label=${t(`admin.plan.${name}`)} hint=${name === 'units' ? t('admin.plan.units.hint', { n: units }) : undefined}
    value=${plan[name]} error=${bad(name) ?? refused.at[name]} onInput=${(e) => { setProblem(null); setPlan({ ...plan, [name]: e.currentTarget.value }); }} />`;
  async function start(event) {
    event.preventDefault();
    if (Object.keys(bounds).some(bad)) return;
    setBusy(true);
    try {
      const begun = await post(`/sales/${sale.id}/rehearse`, Object.fromEntries(Object.entries(plan).map(([k, v]) => [k, Number(v)])));
      go(`/admin/sales/${begun.sale_id}`);
    } catch (p) {
      setProblem(p);
      setBusy(false);
    }
  }
  return html`<form class="card form" novalidate onSubmit=${start}><div class="fields plan">${Object.keys(bounds).map((name) => html`<div key=${name}>${field(name)}</div>`)}</div>
    <p class="soft">${t('admin.rehearse.safe')}</p>
    <p class="error" role="alert">${refused.rest}</p>
    <div class="actions"><button class="button main" disabled=${busy} data-testid="rehearse-start">${t('admin.rehearse.start', { n: number(Number(plan.buyers) || 0) })}</button></div></form>`;
}
