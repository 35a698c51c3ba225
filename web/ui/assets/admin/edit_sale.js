// A new sale, a draft that is changed, or a copy of another one.

import { places } from '../lib/format.js';
import { html, useState } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { go } from '../lib/router.js';
import { Back } from '../parts/link.js';
import { Loading } from '../parts/notice.js';
import { admin } from './api.js';
import { Field } from './field.js';
import { Trouble, told } from './problem.js';
import { draftOf, emptyDraft, emptyItem, input, wrong } from './sale_draft.js';
import { TimeField } from './time_field.js';
import { zone } from './times.js';
import { useLoad } from './use_load.js';

export function EditSale({ id, how }) {
  const { data, problem, again } = useLoad(() => (id ? admin(`/sales/${id}`) : Promise.resolve({})), [id]);
  const back = id ? `/admin/sales/${id}` : '/admin';
  if (!data) return problem ? html`<${Trouble} problem=${problem} again=${again} />` : html`<${Loading} />`;
  const title = how === 'edit' ? 'admin.edit' : how === 'copy' ? 'admin.copy' : 'admin.new';
  return html`<div class="view"><${Back} to=${back}>${id ? data.name : t('admin.sales')}<//><h1>${t(title)}</h1>
    <${SaleForm} start=${id ? draftOf(data, how === 'copy') : emptyDraft()} edited=${how === 'edit' ? id : null} /></div>`;
}

const fieldsOf = (draft) => [...Object.keys(draft), ...draft.items.flatMap((item, i) => Object.keys(item).map((name) => `items[${i}].${name}`))].filter((name) => name !== 'items');

function SaleForm({ start, edited }) {
  const [draft, setDraft] = useState(start);
  const [touched, setTouched] = useState({});
  const [refused, setRefused] = useState({ at: {}, rest: '' }); // by the server
  const [busy, setBusy] = useState(false);
  const bad = wrong(draft);
  const { currency } = draft.items[0];
  const values = { currency, example: (199).toFixed(places(currency)) };
  // A field is told off once it was left, or when all were asked for.
  const error = (name) => (touched.all || touched[name]) && bad[name] ? t(`admin.wrong.${bad[name]}`, values) : refused.at[name];
  const bind = (name, value, change) => ({
    value, error: error(name),
    onInput: (e) => { setRefused((r) => ({ at: { ...r.at, [name]: undefined }, rest: '' })); change(e.currentTarget.value); },
    onBlur: () => setTouched((s) => ({ ...s, [name]: true })),
  });
  const set = (name) => (value) => setDraft((d) => ({ ...d, [name]: value }));
  const setItem = (i, name) => (value) => setDraft((d) => ({ ...d, items: d.items.map((it, j) => (j === i ? { ...it, [name]: value } : it)) }));
  const toFirstWrong = () => setTimeout(() => document.querySelector('[aria-invalid=true]')?.focus());
  async function save(event) {
    event.preventDefault();
    setTouched({ all: true });
    if (Object.keys(bad).length > 0) return toFirstWrong();
    setBusy(true);
    try {
      const body = input(draft);
      const sale = edited ? await admin(`/sales/${edited}`, { method: 'PUT', body }) : await admin('/sales', { method: 'POST', body });
      go(`/admin/sales/${sale.id}`, {}, { replace: true });
    } catch (p) {
      setRefused(told(p, fieldsOf(draft), values));
      setBusy(false);
      toFirstWrong();
    }
  }
  return html`<form class="form sale-form" novalidate onSubmit=${save} data-testid="sale-form">
    <section class="card fields">
      <${Field} id="name" wide label=${t('admin.field.name')} maxlength="200" ...${bind('name', draft.name, set('name'))} />
      <${Field} id="key" wide label=${t('admin.field.key')} hint=${t('admin.field.key.hint')} maxlength="64" readonly=${Boolean(edited)} ...${bind('key', draft.key, set('key'))} />
      <${TimeField} id="starts_at" label=${t('admin.field.starts_at')} hint=${t('admin.field.zone', { zone: zone() })} ...${bind('starts_at', draft.starts_at, set('starts_at'))} />
      <${TimeField} id="ends_at" label=${t('admin.field.ends_at')} ...${bind('ends_at', draft.ends_at, set('ends_at'))} />
      <${Field} id="hold_seconds" inputmode="numeric" label=${t('admin.field.hold')} hint=${t('admin.field.hold.hint')} ...${bind('hold_seconds', draft.hold_seconds, set('hold_seconds'))} />
      <${EntryField} ...${bind('entry', draft.entry, set('entry'))} />
      ${draft.entry === 'draw' && html`<${TimeField} id="entries_until" label=${t('admin.field.entries_until')} hint=${t('admin.field.entries_until.hint')} ...${bind('entries_until', draft.entries_until, set('entries_until'))} />`}
    </section>
    ${draft.items.map((item, i) => html`<${Item} key=${i} ...${{ item, i, many: draft.items.length > 1, remove: () => setDraft({ ...draft, items: draft.items.filter((_, j) => j !== i) }) }}
      bind=${(name) => bind(`items[${i}].${name}`, item[name], setItem(i, name))} />`)}
    <div class="actions"><button type="button" class="button" disabled=${draft.items.length >= 100} data-testid="add-item"
      onClick=${() => setDraft({ ...draft, items: [...draft.items, emptyItem(draft.items[0].currency)] })}>${t('admin.item.add')}</button></div>
    <p class="error" role="alert" data-testid="form-problem">${refused.rest}</p>
    <div class="actions sticky"><button class="button main" disabled=${busy} data-testid="save-sale">${t(edited ? 'admin.save' : 'admin.create')}</button>
      <span class="soft">${t('admin.create.hint')}</span></div>
  </form>`;
}

// EntryField chooses how buyers get in.
function EntryField({ value, error, onInput, onBlur }) {
  const told = ['entry-hint', error && 'entry-error'].filter(Boolean).join(' ');
  return html`<div class="field" data-wrong=${error ? '' : undefined}><label for="entry">${t('admin.field.entry')}</label>
    <select id="entry" data-testid="entry" value=${value} aria-describedby=${told} aria-invalid=${error ? 'true' : undefined} onInput=${onInput} onBlur=${onBlur}>
      ${['open', 'queue', 'draw'].map((entry) => html`<option key=${entry} value=${entry} selected=${entry === value}>${t(`admin.entry.${entry}`)}</option>`)}</select>
    <p id="entry-hint" class="soft hint">${t(`admin.entry.${value}.hint`)}</p>
    ${error && html`<p id="entry-error" class="error hint">${error}</p>`}</div>`;
}

function Item({ item, i, many, remove, bind }) {
  const at = (name) => `item-${i}-${name}`;
  return html`<section class="card fields" role="group" aria-labelledby=${at('head')}><h2 id=${at('head')}>${t('admin.item', { n: i + 1 })}${item.title && ` · ${item.title}`}</h2>
    <${Field} id=${at('sku')} label=${t('admin.field.sku')} maxlength="64" ...${bind('sku')} />
    <${Field} id=${at('title')} wide label=${t('admin.field.title')} maxlength="200" ...${bind('title')} />
    <${Field} id=${at('price')} label=${t('admin.field.price')} inputmode="decimal" ...${bind('price')} />
    <${Field} id=${at('list_price')} label=${t('admin.field.list_price')} inputmode="decimal" ...${bind('list_price')} />
    <${Field} id=${at('currency')} label=${t('admin.field.currency')} maxlength="3" ...${bind('currency')} />
    <${Field} id=${at('stock')} label=${t('admin.field.stock')} inputmode="numeric" ...${bind('stock')} />
    <${Field} id=${at('limit_per_buyer')} label=${t('admin.field.limit')} inputmode="numeric" ...${bind('limit_per_buyer')} />
    <${Field} id=${at('goods_id')} label=${t('admin.field.goods')} hint=${t('admin.field.goods.hint')} maxlength="64" ...${bind('goods_id')} />
    <${Field} id=${at('image_url')} wide label=${t('admin.field.image')} maxlength="2000" ...${bind('image_url')} />
    <${Field} id=${at('images')} wide label=${t('admin.field.images')} hint=${t('admin.field.images.hint')} ...${bind('images')} />
    ${many && html`<button type="button" class="link" onClick=${remove}>${t('admin.item.remove')}</button>`}
  </section>`;
}
