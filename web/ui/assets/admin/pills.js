// States in a word, as an operator names them.

import { html } from '../lib/html.js';
import { clockText } from '../lib/format.js';
import { t } from '../lib/i18n.js';
import { standOf, useSecond } from './stand.js';

const day = 86_400_000;
const left = (ms) => (ms < 2 * day ? clockText(ms) : t('admin.days', { n: Math.floor(ms / day) }));

// SalePill is the one word of a sale; it moves with the clock.
export function SalePill({ sale }) {
  const at = useSecond();
  const stand = standOf(sale, at);
  return html`<span class="pill" data-stand=${stand} data-state=${sale.state} data-testid="admin-state">${t(`admin.stand.${stand}`, { time: left(Date.parse(sale.starts_at) - at) })}</span>`;
}

export const RehearsalMark = () => html`<span class="pill" data-stand="rehearsal">${t('admin.rehearsal')}</span>`;

// EntryMark tells of a sale that does not let in whoever comes first.
export const EntryMark = ({ sale: { entry } }) => (entry === 'draw' || entry === 'queue') && html`<span class="pill" data-stand="entry" data-testid=${`${entry}-mark`}>${t(`admin.${entry}`)}</span>`;

export const OrderPill = ({ status }) => html`<span class="pill" data-status=${status}>${t(`admin.status.${status}`)}</span>`;
