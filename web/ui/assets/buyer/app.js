// The buyer's pages: the address chooses the view.

import { html, render } from '../lib/html.js';
import { sync } from '../lib/clock.js';
import { t, useTexts } from '../lib/i18n.js';
import { path, visit } from '../lib/router.js';
import { start } from '../lib/session.js';
import { Header } from '../parts/header.js';
import en from '../texts/en.js';
import zh from '../texts/zh.js';
import { HomeView } from './home.js';
import { MissingView } from './missing.js';
import { OrderView } from './order.js';
import { OrdersView } from './orders.js';
import { SaleView } from './sale.js';

useTexts({ en, zh });

export * from './shared.js';

const routes = [
  [/^\/$/, HomeView],
  [/^\/sales\/([0-9]+)$/, SaleView],
  [/^\/orders$/, OrdersView],
  [/^\/orders\/([0-9]+)$/, OrderView],
  [/.*/, MissingView],
];

const icon = document.querySelector('link[rel=icon]').getAttribute('href');

function App() {
  const [pattern, View] = routes.find(([p]) => p.test(path.value));
  return html`
    <a class="skip" href="#main">${t('skip')}</a>
    <header class="bar"><${Header} icon=${icon} /></header>
    <main id="main" tabindex="-1"><${View} key=${visit.value} id=${pattern.exec(path.value)[1]} /></main>`;
}

sync();
start();
const root = document.getElementById('app');
root.replaceChildren();
render(html`<${App} />`, root);
