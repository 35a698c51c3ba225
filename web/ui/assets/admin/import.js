// Sales from a file: what it would do is shown before anything is done.

import { html, useState } from '../lib/html.js';
import { announce } from '../lib/announce.js';
import { money } from '../lib/format.js';
import { number, t } from '../lib/i18n.js';
import { Back, Link } from '../parts/link.js';
import { send } from './api.js';
import { FileField, Wrong } from './file_field.js';
import { moment, span } from './times.js';

const types = { csv: 'text/csv', tsv: 'text/csv', txt: 'text/csv', yaml: 'application/yaml', yml: 'application/yaml', json: 'application/json' };

export function Import() {
  const [file, setFile] = useState(null); // {name, type, bytes}
  const [past, setPast] = useState(false); // whether sales that are over are meant
  const [plan, setPlan] = useState(null);
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState(false);
  async function ask(chosen, apply, over = past) {
    setBusy(true);
    try {
      const answer = await send(`/sales/import?apply=${apply}&past=${over}`, chosen.type, chosen.bytes);
      setPlan(answer);
      setProblem(null);
      announce(t(apply ? 'admin.import.done' : 'admin.import.preview'));
    } catch (p) {
      setProblem(p);
      if (!apply) setPlan(null);
    } finally { setBusy(false); }
  }
  function choose(chosen, wrong) {
    setPlan(null);
    setFile(chosen);
    if (chosen) ask(chosen, false);
    else setProblem(wrong);
  }
  function mean(event) {
    const over = event.currentTarget.checked;
    setPast(over);
    if (file && !plan?.applied) ask(file, false, over);
  }
  const creates = plan?.sales.filter((s) => s.action === 'create').length ?? 0;
  const conflicts = plan?.sales.filter((s) => s.action === 'conflict').length ?? 0;
  return html`<div class="view"><${Back} to="/admin">${t('admin.sales')}<//>
    <div><h1>${t('admin.import')}</h1><p class="lead">${t('admin.import.lead')}</p></div>
    <div class="card form"><${FileField} types=${types} kind=${t('admin.import.kind')} large=${t('admin.import.large')} disabled=${busy} onChoose=${choose} />
      <label class="switch"><input type="checkbox" role="switch" checked=${past} disabled=${busy} data-testid="import-past" onChange=${mean} /> ${t('admin.import.past')}</label></div>
    ${problem && html`<${Wrong} problem=${problem} />`}
    ${plan && html`<section class="view" data-testid="import-plan" data-applied=${String(plan.applied)}>
      <h2>${t(plan.applied ? 'admin.import.done' : 'admin.import.preview')}</h2>
      <ul class="rows">${plan.sales.map((s) => html`<${Planned} key=${s.sale.key} planned=${s} applied=${plan.applied} />`)}</ul>
      ${!plan.applied && html`<div class="actions">
        <button type="button" class="button main" disabled=${busy || creates === 0 || conflicts > 0} data-testid="import-apply" onClick=${() => ask(file, true)}>${t('admin.import.apply', { n: creates })}</button></div>
        <p class="soft">${t(conflicts > 0 ? 'admin.import.stopped' : creates === 0 ? 'admin.import.nothing' : 'admin.import.drafts')}</p>`}
      ${plan.applied && html`<div class="actions"><${Link} to="/admin" class="button main">${t('admin.sales')}<//></div>`}
    </section>`}
  </div>`;
}

const labels = { hold_seconds: 'hold', limit_per_buyer: 'limit', image_url: 'image', goods_id: 'goods' };
const most = 10; // differences told

const priced = (amount, currency) => (amount > 0 ? money(amount, currency) : t('admin.import.free'));

// differs says what an existing sale says otherwise than the file.
function differs({ field, sku, here, there }, existing, sale) {
  const say = (text, of) => {
    if (text === '') return t('admin.import.none');
    if (field === 'price') return priced(Number(text), of.items.find((i) => i.sku === sku).currency);
    if (field === 'list_price') return money(Number(text), of.items.find((i) => i.sku === sku).currency);
    if (field === 'entry') return t(`admin.entry.${text}`);
    return field.endsWith('_at') || field === 'entries_until' ? moment(text) : text;
  };
  const what = t(`admin.field.${labels[field] ?? field}`);
  return t('admin.import.differs', { what: sku ? `${what} · ${sku}` : what, here: say(here, existing), there: say(there, sale) });
}

function Planned({ planned, applied }) {
  const { sale, action, existing, differences = [] } = planned;
  return html`<li class="row" data-action=${action}><div class="row-link">
    <span class="row-title">${applied && sale.id ? html`<${Link} to=${`/admin/sales/${sale.id}`}>${sale.name}<//>` : sale.name}</span>
    <span class="row-pills"><span class="pill" data-action=${action}>${t(`admin.action.${action}`)}</span></span>
    <span class="soft row-meta num">${sale.key} · ${span(sale.starts_at, sale.ends_at)}${sale.entry === 'draw' && ` · ${t('admin.draw.until', { time: moment(sale.entries_until) })}`} · ${sale.items.map((i) => `${i.sku} ${number(i.stock)} × ${priced(i.price, i.currency)}`).join(', ')}</span>
    ${existing && html`<span class="error row-meta">${t('admin.import.conflict', { state: t(`admin.state.${existing.state}`) })}</span>
      ${differences.slice(0, most).map((d, i) => html`<span class="row-meta" key=${i} data-testid="difference">${differs(d, existing, sale)}</span>`)}
      ${differences.length > most && html`<span class="soft row-meta">${t('admin.import.more', { n: differences.length - most })}</span>`}`}
  </div></li>`;
}
