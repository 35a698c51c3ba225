// How the crowd of a rehearsal fares.

import { html } from '../lib/html.js';
import { number, t } from '../lib/i18n.js';
import { admin, post } from './api.js';
import { useLoad } from './use_load.js';

export function RehearsalResult({ sale }) {
  const { data, again } = useLoad(() => admin('/rehearsal'), [sale], { every: 1_000 });
  const r = data?.rehearsal;
  if (!r || r.sale_id !== sale) return null;
  const refused = Object.entries(r.refused).sort((a, b) => b[1] - a[1]);
  return html`<section class="card view" data-testid="rehearsal" data-state=${r.state}>
    <div class="head"><h2>${t(`admin.rehearsal.${r.state}`)}</h2>${r.state === 'running' && html`<button type="button" class="button small" data-testid="rehearsal-stop" onClick=${() => post('/rehearsal/stop').then(again, again)}>${t('admin.rehearsal.stop')}</button>`}</div>
    <progress class="meter" max=${r.plan.buyers} value=${r.arrived} aria-label=${t('admin.rehearsal.arrived')}></progress>
    <dl class="tiles">
      <${Figure} name="arrived" value=${number(r.arrived)} more=${t('admin.rehearsal.of', { n: r.plan.buyers })} />
      <${Figure} name="calls" value=${number(r.calls)} /><${Figure} name="accepted" value=${number(r.accepted)} />
      <${Figure} name="repeated" value=${number(r.repeated)} /><${Figure} name="paid" value=${number(r.paid)} />
      ${r.latency_ms && html`<${Figure} name="latency" value=${ms(r.latency_ms.p50)} more=${t('admin.p99', { p99: ms(r.latency_ms.p99) })} />`}
    </dl>
    ${refused.length > 0 && html`<p class="soft">${t('admin.rehearsal.refused', { list: refused.map(([code, n]) => `${t(`admin.code.${code}`)} ${number(n)}`).join(' · ') })}</p>`}
    ${r.conserved !== undefined && html`<p class=${r.conserved ? 'verdict' : 'error'} data-testid="rehearsal-verdict">${t(r.conserved ? 'admin.rehearsal.conserved' : 'admin.rehearsal.drift')}</p>`}
    ${r.state !== 'running' && html`<p class="soft">${t('admin.rehearsal.removed')}</p>`}
  </section>`;
}

const ms = (v) => `${number(Math.round(v * 10) / 10)} ms`;

const Figure = ({ name, value, more }) => html`<div class="tile"><dt>${t(`admin.rehearsal.${name}`)}</dt><dd><b class="num">${value}</b>${more && html`<span class="soft num">${more}</span>`}</dd></div>`;
