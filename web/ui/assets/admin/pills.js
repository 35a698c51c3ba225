// States in a word, as an operator names them.

import { html } from '../lib/html.js';
import { t } from '../lib/i18n.js';

export const StatePill = ({ state }) => html`<span class="pill" data-state=${state} data-testid="admin-state">${t(`admin.state.${state}`)}</span>`;

export const RehearsalMark = () => html`<span class="pill" data-state="rehearsal">${t('admin.rehearsal')}</span>`;

export const OrderPill = ({ status }) => html`<span class="pill" data-status=${status}>${t(`admin.status.${status}`)}</span>`;
