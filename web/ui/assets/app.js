// The buyer's page: chooses the view by the address and keeps the header.

import { announce, el } from './dom.js';
import { sync } from './clock.js';
import { start } from './session.js';
import { showSession } from './view_session.js';
import { salesView } from './view_sales.js';
import { saleView } from './view_sale.js';
import { orderView } from './view_order.js';
import { ordersView } from './view_orders.js';
import { t } from './texts.js';

const routes = [
  [/^\/$/, salesView],
  [/^\/sales\/([0-9]+)$/, saleView],
  [/^\/orders$/, ordersView],
  [/^\/orders\/([0-9]+)$/, orderView],
];

const main = document.getElementById('main');
let leave = null; // ends what the present view has going on

// go leads to another view of this page. `given` is handed to it in memory
// alone: what it shows before the server has answered.
export function go(path, given = {}) {
  history.pushState(null, '', path);
  show(given);
  scrollTo(0, 0);
  main.focus({ preventScroll: true });
}

function show(given = {}) {
  leave?.();
  announce('');
  for (const [pattern, view] of routes) {
    const found = pattern.exec(location.pathname);
    if (!found) continue;
    const root = el('div', { class: 'view' });
    main.replaceChildren(root);
    leave = view({ root, id: found[1], given, go, setTitle }) ?? null;
    return;
  }
  location.replace('/');
}

function setTitle(title) {
  document.title = title ? `${title} · ${t.brand}` : t.title;
}

document.addEventListener('click', (event) => {
  const link = event.target.closest?.('a[data-link]');
  if (!link || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  go(link.pathname);
});
addEventListener('popstate', () => show());
// The browser may bring this page back as it was left, for one at a payment page.
addEventListener('pageshow', (event) => { if (event.persisted) show(); });

sync();
await start();
showSession(document.getElementById('session'), () => show());
show();
