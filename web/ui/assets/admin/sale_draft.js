// A sale as it is being written, and what the server will say of it: the same
// checks as seckill/sale.go, told while one types. The server has the last word.

import { places } from '../lib/format.js';

const skuForm = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const currencyForm = /^[A-Z]{3}$/;
const timeForm = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$/;
const keyForm = /^[!-~]{0,64}$/;

// Money is written in whole units and kept in minor ones; NaN is no amount.
function minor(text, currency) {
  const n = places(currency);
  const m = /^(0|[1-9]\d{0,12})(?:\.(\d+))?$/.exec(text.trim());
  if (!m || (m[2] ?? '').length > n) return NaN;
  return Number(m[1]) * 10 ** n + Number((m[2] ?? '').padEnd(n, '0') || 0);
}
const major = (amount, currency) => (amount / 10 ** places(currency)).toFixed(places(currency));

// A time field has no zone; it is that of the one who types.
function toField(iso) {
  const at = new Date(iso);
  return new Date(at - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}
const fromField = (text) => { const at = new Date(timeForm.test(text) ? text : NaN); return Number.isNaN(+at) ? null : at; };

// Of a field for a time that may be empty, what it has when it is.
const noTime = 'T';

export const emptyItem = (currency = 'CNY') => ({ sku: '', title: '', image_url: '', images: '', price: '', list_price: '', currency, stock: '', limit_per_buyer: '1', goods_id: '' });

export function emptyDraft() {
  const hour = new Date(Math.ceil(Date.now() / 3_600_000) * 3_600_000);
  return { key: '', name: '', starts_at: toField(hour), ends_at: toField(+hour + 2 * 3_600_000), hold_seconds: '900', entry: 'open', entries_until: noTime, items: [emptyItem()] };
}

// draftOf is a sale to be edited; a copy has no key, and times of its own. Of units that a
// closed sale has given back to the shop's stock, nobody knows how many the next one is to
// have: its total is what was sold.
export function draftOf(sale, copy) {
  const fresh = emptyDraft();
  return {
    key: copy ? '' : sale.key ?? '', name: sale.name,
    starts_at: copy ? fresh.starts_at : toField(sale.starts_at), ends_at: copy ? fresh.ends_at : toField(sale.ends_at),
    hold_seconds: String(sale.hold_seconds), entry: sale.entry ?? 'open',
    // What is as it would be by itself stays so when the start is moved.
    entries_until: copy || !sale.entries_until || sale.entries_until === sale.starts_at ? noTime : toField(sale.entries_until),
    items: sale.items.map((i) => ({ sku: i.sku, title: i.title, image_url: i.image_url ?? '', images: (i.images ?? []).join(' '), price: major(i.price, i.currency),
      list_price: i.list_price ? major(i.list_price, i.currency) : '', currency: i.currency, stock: copy && sale.state === 'closed' && i.goods_id ? '' : String(i.stock), limit_per_buyer: String(i.limit_per_buyer), goods_id: i.goods_id ?? '' })),
  };
}

const between = (text, least, most) => /^(0|[1-9]\d{0,8})$/.test(text.trim()) && Number(text) >= least && Number(text) <= most;
const written = (text, most) => text.trim() !== '' && [...text.trim()].length <= most;

function goodImage(address) {
  if (/[\\"<>\s]/.test(address) || address.length > 2000) return false;
  return /^\/(?!\/)/.test(address) || /^https?:\/\/[^/@]+/.test(address);
}

// wrong gives the name of a text for each field that the server will not take.
export function wrong(draft) {
  const bad = {};
  const say = (field, what) => { bad[field] ??= what; };
  if (!keyForm.test(draft.key.trim()) || draft.key.trim().startsWith('rehearsal:')) say('key', 'key');
  if (!written(draft.name, 200)) say('name', 'name');
  const from = fromField(draft.starts_at);
  const to = fromField(draft.ends_at);
  if (!from) say('starts_at', 'time');
  if (!to) say('ends_at', 'time');
  if (from && to && to <= from) say('ends_at', 'order');
  if (from && to && to - from > 31 * 86_400_000) say('ends_at', 'long');
  if (draft.entry === 'draw' && draft.entries_until !== noTime) {
    const until = fromField(draft.entries_until);
    if (!until) say('entries_until', 'time');
    else if (to && until >= to) say('entries_until', 'entries_until');
  }
  if (!between(draft.hold_seconds, 1, 86_400)) say('hold_seconds', 'hold');
  draft.items.forEach((item, i) => wrongItem(item, draft.items, i, (field, what) => say(`items[${i}].${field}`, what)));
  return bad;
}

function wrongItem(item, items, i, say) {
  if (!skuForm.test(item.sku.trim())) say('sku', 'sku');
  else if (items.some((other, j) => j < i && other.sku.trim() === item.sku.trim())) say('sku', 'twice');
  if (!written(item.title, 200)) say('title', 'title');
  if (item.image_url.trim() && !goodImage(item.image_url.trim())) say('image_url', 'image');
  const images = item.images.split(/\s+/).filter(Boolean);
  if (images.length > 8 || images.some((one) => !goodImage(one))) say('images', 'images');
  if (!currencyForm.test(item.currency.trim())) say('currency', 'currency');
  else if (item.currency.trim() !== items[0].currency.trim()) say('currency', 'same_currency');
  const price = minor(item.price, item.currency.trim());
  if (!(price <= 1e12)) say('price', 'price');
  if (item.list_price.trim() && !(minor(item.list_price, item.currency.trim()) > (price || 0))) say('list_price', 'list_price');
  if (!between(item.stock, 0, 10_000_000)) say('stock', 'stock');
  if (!between(item.limit_per_buyer, 1, 1000)) say('limit_per_buyer', 'limit');
  if (item.goods_id.trim() && !skuForm.test(item.goods_id.trim())) say('goods_id', 'sku');
}

// input is the draft as the API takes it. What is empty is left out.
export function input(draft) {
  return {
    ...(draft.key.trim() ? { key: draft.key.trim() } : {}),
    name: draft.name.trim(), starts_at: fromField(draft.starts_at).toISOString(), ends_at: fromField(draft.ends_at).toISOString(),
    hold_seconds: Number(draft.hold_seconds), entry: draft.entry,
    ...(draft.entry === 'draw' && draft.entries_until !== noTime ? { entries_until: fromField(draft.entries_until).toISOString() } : {}),
    items: draft.items.map((i) => {
      const images = i.images.split(/\s+/).filter(Boolean);
      return {
        sku: i.sku.trim(), title: i.title.trim(), price: minor(i.price, i.currency.trim()), currency: i.currency.trim(),
        stock: Number(i.stock), limit_per_buyer: Number(i.limit_per_buyer),
        ...(i.image_url.trim() ? { image_url: i.image_url.trim() } : {}),
        ...(images.length > 0 ? { images } : {}),
        ...(i.goods_id.trim() ? { goods_id: i.goods_id.trim() } : {}),
        ...(i.list_price.trim() ? { list_price: minor(i.list_price, i.currency.trim()) } : {}),
      };
    }),
  };
}
