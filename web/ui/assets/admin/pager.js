// Turns the pages of a list by cursors: pages has those up to the one that is shown.

import { html } from '../lib/html.js';
import { t } from '../lib/i18n.js';

export function Pager({ pages, setPages, next }) {
  return html`<div class="actions">${pages.length > 1 && html`<button type="button" class="button small" onClick=${() => setPages(pages.slice(0, -1))}>${t('admin.newer')}</button>`}
      ${next && html`<button type="button" class="button small" data-testid="older" onClick=${() => setPages([...pages, next])}>${t('admin.older')}</button>`}</div>`;
}
