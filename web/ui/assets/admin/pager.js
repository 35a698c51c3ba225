// Turns the pages of a list by cursors: pages has those up to the one that is shown. back
// and on are what it says, of a list that begins with the newest where nothing else is said.

import { html } from '../lib/html.js';
import { t } from '../lib/i18n.js';

export function Pager({ pages, setPages, next, back = 'admin.newer', on = 'admin.older' }) {
  return html`<div class="actions">${pages.length > 1 && html`<button type="button" class="button small" onClick=${() => setPages(pages.slice(0, -1))}>${t(back)}</button>`}
      ${next && html`<button type="button" class="button small" data-testid="older" onClick=${() => setPages([...pages, next])}>${t(on)}</button>`}</div>`;
}
