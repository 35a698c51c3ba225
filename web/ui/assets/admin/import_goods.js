// The shop's stock from a file: what it would do is shown before anything is done.

import { html, useState } from '../lib/html.js';
import { announce } from '../lib/announce.js';
import { number, t } from '../lib/i18n.js';
import { randomKey } from '../lib/random.js';
import { Back, Link } from '../parts/link.js';
import { send } from './api.js';
import { Field } from './field.js';
import { FileField, Wrong } from './file_field.js';
import { moment } from './times.js';

const types = { csv: 'text/csv', tsv: 'text/csv', txt: 'text/csv' };

export function ImportGoods() {
  const [file, setFile] = useState(null); // {name, type, bytes, key}
  const [plan, setPlan] = useState(null);
  const [reason, setReason] = useState('');
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState(false);
  async function ask(path, chosen, headers) {
    setBusy(true);
    try {
      const answer = await send(path, chosen.type, chosen.bytes, headers);
      setPlan(answer);
      setProblem(null);
      announce(t(answer.applied ? 'admin.import.done' : 'admin.import.preview'));
    } catch (p) {
      setProblem(p);
    } finally { setBusy(false); }
  }
  function choose(chosen, wrong) {
    // One key for each choice: pressed again after a lost answer, it counts once.
    const next = chosen && { ...chosen, key: randomKey() };
    setPlan(null);
    setFile(next);
    setProblem(wrong ?? null);
    if (next) ask('/inventory-import', next);
  }
  function apply(event) {
    event.preventDefault();
    ask(`/inventory-import?apply=true&reason=${encodeURIComponent(reason.trim())}`, file, { 'Idempotency-Key': file.key });
  }
  return html`<div class="view"><${Back} to="/admin/goods">${t('admin.goods')}<//>
    <div><h1>${t('admin.goods.import')}</h1><p class="lead">${t('admin.goods.import.lead')}</p></div>
    <div class="card form"><${FileField} types=${types} kind=${t('admin.goods.import.kind')} large=${t('admin.goods.import.large')} disabled=${busy} onChoose=${choose} /></div>
    ${problem && html`<${Wrong} problem=${problem} />`}
    ${plan && html`<section class="card view" data-testid="import-plan" data-applied=${String(plan.applied)}>
      <h2>${t(plan.applied ? 'admin.import.done' : 'admin.import.preview')}</h2>
      ${plan.repeated && html`<p data-testid="import-repeated">${t('admin.goods.import.repeated', { time: moment(plan.at) })}</p>`}
      ${plan.rows.length > 0 && html`<${Rows} rows=${plan.rows} />`}
      ${plan.applied
        ? html`<div class="actions"><${Link} to="/admin/goods" class="button main" data-testid="to-goods">${t('admin.goods')}<//></div>`
        : html`<${Apply} rows=${plan.rows} reason=${reason} setReason=${setReason} busy=${busy} apply=${apply} />`}
    </section>`}
  </div>`;
}

function Rows({ rows }) {
  return html`<div class="table" tabindex="0" role="region" aria-label=${t('admin.goods.import')}><table data-testid="import-rows"><thead><tr><th scope="col">${t('admin.goods.name')}</th>
      <th scope="col">${t('admin.goods.on_hand')}</th><th scope="col">${t('admin.goods.import.then')}</th><th scope="col">${t('admin.goods.import.change')}</th></tr></thead>
    <tbody>${rows.flatMap((r) => [
      html`<tr key=${r.row} data-goods=${r.goods}><th scope="row">${r.goods}${r.new && html` <span class="pill" data-action="create">${t('admin.action.create')}</span>`}</th>
        <td>${number(r.before)}</td><td>${r.wrong ? '–' : number(r.after)}</td><td>${r.wrong ? '–' : `${r.after > r.before ? '+' : ''}${number(r.after - r.before)}`}</td></tr>`,
      r.wrong && html`<tr key=${`${r.row} wrong`} data-refused=${r.goods}><td colspan="4" class="left why"><span class="error">${t('admin.goods.import.refused', { why: r.wrong })}</span></td></tr>`,
    ])}</tbody></table></div>`;
}

function Apply({ rows, reason, setReason, busy, apply }) {
  const refused = rows.filter((r) => r.wrong).length;
  const changed = rows.filter((r) => r.new || r.after !== r.before).length;
  const hint = refused > 0 ? 'admin.goods.import.stopped' : changed === 0 ? 'admin.goods.import.nothing' : 'admin.goods.import.all';
  return html`<form class="form" onSubmit=${apply}>
    <${Field} id="reason" label=${t('admin.stock.reason')} hint=${t('admin.goods.import.reason')} maxlength="200" required value=${reason} disabled=${busy} testid="import-reason" onInput=${(event) => setReason(event.currentTarget.value)} />
    <div class="actions"><button class="button main" disabled=${busy || refused > 0 || changed === 0 || !reason.trim()} data-testid="import-apply">${t('admin.goods.import.apply', { n: changed })}</button></div>
    <p class="soft">${t(hint, { n: refused })}</p>
  </form>`;
}
