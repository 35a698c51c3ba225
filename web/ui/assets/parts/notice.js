// What went wrong, or what is going on, in one line with a way on.

import { html } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { problemText } from '../lib/problem.js';
import { Link } from './link.js';

export function Trouble({ problem, again }) {
  return html`<div class="notice" role="alert" data-testid="notice" data-code=${problem.code}>
    <p>${problemText(problem)}</p>
    ${problem.code === 'not_found' ? html`<${Link} class="button" to="/" data-testid="home">${t('orders.to_sales')}<//>`
      : again && html`<button type="button" class="button" onClick=${again}>${t('retry')}</button>`}
  </div>`;
}

export function Loading() {
  return html`<p class="loading" role="status"><span class="spinner" aria-hidden="true"></span>${t('loading')}</p>`;
}
