// What can be done with a sale in the state it is in.

import { html } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { Link } from '../parts/link.js';
import { post } from './api.js';
import { Act } from './confirm.js';

const verbs = {
  preload: { from: ['draft'], main: true },
  resume: { from: ['paused'], main: true },
  pause: { from: ['ready'] },
  close: { from: ['ready', 'paused'] },
};

export function SaleActions({ sale, isOver, changed }) {
  const to = `/admin/sales/${sale.id}`;
  return html`<div class="actions" data-testid="sale-actions">
    ${Object.entries(verbs).filter(([, v]) => v.from.includes(sale.state)).map(([verb, v]) => html`<${Act} key=${verb} label=${t(`admin.verb.${verb}`)} title=${t(`admin.verb.${verb}.title`)} text=${t(`admin.verb.${verb}.text`)}
      main=${v.main} testid=${`admin-${verb}`} run=${() => post(`/sales/${sale.id}/${verb}`)} done=${changed} />`)}
    ${sale.state === 'draft' && html`<${Link} to=${`${to}/edit`} class="button small" data-testid="go-edit">${t('admin.edit')}<//>`}
    <${Link} to=${`${to}/orders`} class="button small" data-testid="go-orders">${t('admin.orders')}<//>
    ${sale.state !== 'draft' && sale.entry !== 'queue' && html`<${Link} to=${`${to}/waitlist`} class="button small" data-testid="go-waitlist">${t('admin.waitlist')}<//>`}
    ${!sale.rehearsal && !isOver && html`<${Link} to=${`${to}/rehearse`} class="button small" data-testid="go-rehearse">${t('admin.rehearse')}<//>`}
    ${!sale.rehearsal && html`<${Link} to=${`${to}/copy`} class="button small" data-testid="go-copy">${t('admin.copy')}<//>`}
  </div>`;
}
