// An address at which there is nothing.

import { html } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { setTitle } from '../lib/router.js';
import { Link } from '../parts/link.js';

export function MissingView() {
  setTitle(`${t('missing.title')} · ${t('brand')}`);
  return html`<div class="view"><div class="empty" data-testid="missing"><h1>${t('missing.title')}</h1>
    <p class="soft">${t('problem.not_found')}</p><${Link} class="button main" to="/" data-testid="home">${t('orders.to_sales')}<//></div></div>`;
}
