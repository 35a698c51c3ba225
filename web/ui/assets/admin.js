// The operator's page: every sale, its counters, whether they add up, and the
// few buttons that a running sale needs.

import { call } from './lib/api.js';
import { when } from './lib/format.js';
import { number, useTexts } from './lib/i18n.js';
import { problemText } from './lib/problem.js';
import { load, perTab, save } from './lib/storage.js';
import { el, icon, setAttr, setText } from './admin_dom.js';
import en from './texts/en.js';
import zh from './texts/zh.js';

useTexts({ en, zh });
const tokenKey = 'seckill.admin';
const lookAgain = 3_000; // ms
const api = '/api/v1/admin/sales';

// Operators read English; these words are no buyer's.
const verbs = {
  preload: { label: 'Preload', from: ['draft'], main: true },
  resume: { label: 'Resume', from: ['paused'], main: true },
  pause: { label: 'Pause', from: ['ready'] },
  close: { label: 'Close for good', from: ['ready', 'paused'], sure: true },
};
const columns = ['total', 'available', 'in_flight', 'reserved', 'sold', 'releasing', 'drift'];

const main = document.getElementById('main');
const session = document.getElementById('session');
const token = () => load(perTab, tokenKey);
let timer = null;

function signInView(problem) {
  clearTimeout(timer);
  session.replaceChildren();
  const input = el('input', { id: 'token', type: 'password', required: true, autocomplete: 'current-password', 'data-testid': 'admin-token' });
  main.replaceChildren(el('form', { class: 'sign-in', onsubmit: (event) => { event.preventDefault(); signIn(input.value.trim()); } },
    el('h1', null, 'Operator'), el('label', { for: 'token' }, 'Admin token'), input,
    el('p', { class: 'soft' }, 'It is kept in this tab alone.'),
    problem ? el('p', { class: 'error', role: 'alert' }, problem.code === 'unauthorized' ? 'This is not the admin token.' : problemText(problem)) : '',
    el('button', { class: 'button main', 'data-testid': 'admin-sign-in' }, 'Sign in')));
  input.focus();
}

function signIn(value) {
  save(perTab, tokenKey, value);
  salesView();
}

function signOut(problem) {
  save(perTab, tokenKey, null);
  signInView(problem);
}

function salesView() {
  const cards = new Map();
  const list = el('div', { class: 'admin-sales', 'data-testid': 'admin-sales' });
  const wrong = el('p', { class: 'error', role: 'alert' });
  session.replaceChildren(el('button', { type: 'button', class: 'chip', onclick: () => signOut() }, 'Sign out'));
  main.replaceChildren(el('h1', null, 'Sales'), wrong, list);

  async function look() {
    clearTimeout(timer);
    try {
      if (!document.hidden) await refresh();
      setText(wrong, '');
    } catch (problem) {
      if (problem.code === 'unauthorized' || problem.code === 'forbidden') return signOut(problem);
      setText(wrong, problemText(problem));
    }
    if (list.isConnected) timer = setTimeout(look, lookAgain);
  }

  async function refresh() {
    const { sales } = await call(api, { token: token() });
    if (sales.length === 0) list.replaceChildren(el('p', { class: 'empty' }, 'There is no sale yet. Create one with `seckill preload FILE` or over the API.'));
    for (const sale of sales) {
      if (!cards.has(sale.id)) {
        const card = saleCard(sale.id, look);
        cards.set(sale.id, card);
        list.append(card.node);
      }
    }
    await Promise.all(sales.map((sale) => cards.get(sale.id).update(sale)));
  }
  look();
}

function saleCard(id, look) {
  const name = el('h2');
  const state = el('span', { class: 'pill', 'data-testid': 'admin-state' });
  const audit = el('span', { class: 'audit', role: 'status', 'data-testid': 'audit' });
  const times = el('p', { class: 'soft' });
  const body = el('tbody');
  const counts = el('p', { class: 'counts' });
  const wrong = el('p', { class: 'error', role: 'alert' });
  const buttons = el('div', { class: 'actions' });
  let shownState = null;

  async function run(verb) {
    for (const b of buttons.querySelectorAll('button')) b.disabled = true;
    setText(wrong, '');
    try {
      await call(`${api}/${id}/${verb}`, { method: 'POST', token: token() });
    } catch (problem) {
      setText(wrong, problem.detail || problemText(problem));
    }
    shownState = null;
    look();
  }

  return {
    node: el('section', { class: 'admin-sale', 'data-sale': id },
      el('div', { class: 'admin-head' }, name, state, audit), times,
      el('div', { class: 'table', tabindex: 0, role: 'region', 'aria-label': 'Counters' }, el('table', null,
        el('thead', null, el('tr', null, el('th', { scope: 'col' }, 'item'), columns.map((c) => el('th', { scope: 'col' }, c.replace('_', ' '))))), body)),
      counts, buttons, wrong),
    async update(sale) {
      setText(name, sale.name);
      setText(state, sale.state);
      setAttr(state, 'data-phase', { ready: 'live', draft: 'upcoming', closed: 'ended' }[sale.state] ?? 'paused');
      setText(times, `${when(sale.starts_at)} to ${when(sale.ends_at)}, ${sale.hold_seconds} s to pay, id ${sale.id}`);
      if (shownState !== sale.state) {
        shownState = sale.state;
        buttons.replaceChildren(...saleButtons(sale.state, run));
      }
      if (sale.state === 'draft') {
        body.replaceChildren(...sale.items.map((i) => counterRow({ sku: i.sku, total: i.stock })));
        return;
      }
      await showCounters(id, { audit, body, counts });
    },
  };
}

function saleButtons(state, run) {
  return Object.entries(verbs).filter(([, v]) => v.from.includes(state)).map(([verb, v]) => {
    let sure = !v.sure;
    const button = el('button', { type: 'button', class: v.main ? 'button main' : 'button', 'data-testid': `admin-${verb}` }, v.label);
    button.addEventListener('click', () => {
      if (sure) return run(verb);
      sure = true;
      button.classList.add('danger');
      setText(button, 'Really? It cannot be opened again');
    });
    return button;
  });
}

async function showCounters(id, { audit, body, counts }) {
  const [read, stats] = await Promise.all([
    reading(`${api}/${id}/audit`), reading(`${api}/${id}/stats`)]);
  setAttr(audit, 'data-conserved', read.problem ? 'unknown' : String(read.conserved));
  audit.replaceChildren(read.problem ? 'Audit: could not tell' : icon(read.conserved ? 'check' : 'cross'), read.problem ? '' : read.conserved ? 'Conserved' : 'Drift');
  const items = read.problem ? stats.items : read.items;
  if (items) body.replaceChildren(...items.map(counterRow));
  setText(counts, stats.problem ? problemText(stats.problem) : [pairs('Orders', stats.orders), pairs('Refused', stats.refusals)].filter(Boolean).join(' · '));
}

// reading keeps one part that fails from hiding the other; a worn-out token is
// for the whole page.
async function reading(path) {
  try {
    return await call(path, { token: token() });
  } catch (problem) {
    if (problem.code === 'unauthorized') throw problem;
    return { problem };
  }
}

function pairs(title, byName) {
  const all = Object.entries(byName ?? {}).filter(([, n]) => n > 0);
  return all.length > 0 ? `${title}: ${all.map(([name, n]) => `${name.replaceAll('_', ' ')} ${number(n)}`).join(', ')}` : '';
}

function counterRow(item) {
  return el('tr', { 'data-sku': item.sku }, el('th', { scope: 'row' }, item.sku),
    columns.map((c) => el('td', { 'data-column': c, 'data-bad': c === 'drift' && item.drift ? true : null }, item[c] === undefined ? '' : number(item[c]))));
}

if (token()) salesView();
else signInView();
