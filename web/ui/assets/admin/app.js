// The operator's page: the address decides which view is shown.

import { html, render, useLayoutEffect } from '../lib/html.js';
import { t, useTexts } from '../lib/i18n.js';
import { path, setTitle, visit } from '../lib/router.js';
import en from '../texts/en.js';
import zh from '../texts/zh.js';
import adminEn from '../texts/admin_en.js';
import adminZh from '../texts/admin_zh.js';
import queueEn from '../texts/admin_queue_en.js';
import queueZh from '../texts/admin_queue_zh.js';
import { token } from './api.js';
import { Frame } from './frame.js';
import { SignIn } from './sign_in.js';
import { Sales } from './sales.js';
import { EditSale } from './edit_sale.js';
import { Import } from './import.js';
import { Dashboard } from './dashboard.js';
import { Orders } from './orders.js';
import { Order } from './order.js';
import { Log } from './log.js';
import { Letters } from './letters.js';
import { AllGoods } from './goods.js';
import { Goods } from './goods_one.js';
import { ImportGoods } from './import_goods.js';
import { Refunds } from './refunds.js';
import { Rehearse } from './rehearse.js';
import { System } from './system.js';
import { Waitlist } from './waitlist.js';

useTexts({ en, zh });
useTexts({ en: adminEn, zh: adminZh });
useTexts({ en: queueEn, zh: queueZh });

const views = [
  [/^\/admin$/, Sales, 'admin.sales'],
  [/^\/admin\/new$/, EditSale, 'admin.new'],
  [/^\/admin\/import$/, Import, 'admin.import'],
  [/^\/admin\/sales\/(\d+)$/, Dashboard, 'admin.sale'],
  [/^\/admin\/sales\/(\d+)\/(edit|copy)$/, EditSale, 'admin.edit'],
  [/^\/admin\/sales\/(\d+)\/orders$/, Orders, 'admin.orders'],
  [/^\/admin\/sales\/(\d+)\/waitlist$/, Waitlist, 'admin.waitlist'],
  [/^\/admin\/sales\/(\d+)\/log$/, Log, 'admin.log'],
  [/^\/admin\/sales\/(\d+)\/rehearse$/, Rehearse, 'admin.rehearse'],
  [/^\/admin\/orders$/, Orders, 'admin.orders'],
  [/^\/admin\/orders\/(\d+)$/, Order, 'admin.order'],
  [/^\/admin\/messages$/, Letters, 'admin.letters'],
  [/^\/admin\/refunds$/, Refunds, 'admin.refunds'],
  [/^\/admin\/goods$/, AllGoods, 'admin.goods'],
  [/^\/admin\/goods\/([^/]+)$/, Goods, 'admin.goods'],
  [/^\/admin\/goods-import$/, ImportGoods, 'admin.goods.import'],
  [/^\/admin\/system$/, System, 'admin.system'],
];

function find(address) {
  for (const [form, view, title] of views) {
    const found = form.exec(address);
    if (found) return { view, title, id: found[1], how: found[2] };
  }
  return null;
}

function App() {
  const found = find(path.value);
  const title = !token.value ? 'admin.title' : found?.title ?? 'admin.title';
  useLayoutEffect(() => setTitle(`${t(title)} · ${t('admin.title')}`));
  return html`<${Frame} signedIn=${Boolean(token.value)}>${!token.value
    ? html`<${SignIn} />`
    : found
      ? html`<${found.view} key=${`${path.value} ${visit.value}`} id=${found.id} how=${found.how} />`
      : html`<p class="empty">${t('problem.not_found')}</p>`}<//>`;
}

const root = document.getElementById('app');
root.replaceChildren();
render(html`<${App} />`, root);
