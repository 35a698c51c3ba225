// A state in a word.

import { html } from '../lib/html.js';
import { t } from '../lib/i18n.js';

export const PhasePill = ({ phase }) => html`<span class="pill" data-phase=${phase}>${t(`phase.${phase}`)}</span>`;

export const StatusPill = ({ status }) => html`<span class="pill" data-status=${status}>${t(`status.${status}`)}</span>`;
