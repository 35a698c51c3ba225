// The frame around every view: where one is, the language, and the way out.

import { html } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { path } from '../lib/router.js';
import { LanguageSwitch } from '../parts/header.js';
import { Link } from '../parts/link.js';
import { operator, signOut } from './api.js';
import { zone } from './times.js';

const icon = document.querySelector('link[rel=icon]').getAttribute('href');

const places = [
  ['/admin', 'admin.sales', (p) => p === '/admin' || p.startsWith('/admin/sales') || p === '/admin/new' || p === '/admin/import'],
  ['/admin/orders', 'admin.orders', (p) => p.startsWith('/admin/orders')],
  ['/admin/goods', 'admin.goods', (p) => p.startsWith('/admin/goods')],
  ['/admin/messages', 'admin.letters', (p) => p === '/admin/messages'],
  ['/admin/refunds', 'admin.refunds', (p) => p === '/admin/refunds'],
  ['/admin/system', 'admin.system', (p) => p === '/admin/system'],
];

// A form for times says the zone where they are written.
const form = /^\/admin\/(new|sales\/\d+\/(edit|copy))$/;

export function Frame({ signedIn, children }) {
  return html`<a class="skip" href="#main">${t('skip')}</a>
    <header class="bar admin-bar">
      <${Link} to="/admin" class="brand"><img src=${icon} alt="" width="28" height="28" /><span>${t('admin.title')}</span><//>
      <div class="bar-nav">
        <${LanguageSwitch} />
        ${signedIn && html`<button type="button" class="chip" title=${operator.value || t('admin.sign_out')} data-testid="admin-sign-out" onClick=${signOut}>${t('admin.sign_out')}</button>`}
      </div>
      ${signedIn && html`<nav class="places" aria-label=${t('nav')}>${places.map(([to, name, here]) => html`
        <${Link} key=${to} to=${to} class="place" aria-current=${here(path.value) ? 'page' : undefined} data-testid=${`go${to.replaceAll('/', '-')}`}>${t(name)}<//>`)}</nav>`}
    </header>
    <main id="main" tabindex="-1">${children}</main>
    ${signedIn && !form.test(path.value) && html`<footer class="soft zone" data-testid="zone">${t('admin.zone', { zone: zone() })}</footer>`}`;
}
