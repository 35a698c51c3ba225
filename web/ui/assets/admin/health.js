// Do the units add up? One look must be enough.

import { html } from '../lib/html.js';
import { number, t } from '../lib/i18n.js';
import { Icon } from '../parts/icon.js';
import { clock } from './times.js';

export function Health({ audit }) {
  const verdict = !audit || audit.problem ? 'unknown' : audit.conserved ? 'good' : 'drift';
  const drifts = (audit?.items ?? []).filter((i) => i.drift !== 0);
  return html`<section class="health" data-verdict=${verdict} data-testid="health" role="status">
    <${Icon} name=${verdict === 'good' ? 'check' : verdict === 'drift' ? 'cross' : 'clock'} />
    <div><b>${t(`admin.health.${verdict}`)}</b>
      <p>${verdict === 'drift' ? drifts.map((i) => `${i.sku} ${i.drift > 0 ? '+' : ''}${number(i.drift)}`).join(', ') : t(`admin.health.${verdict}.text`)}${audit ? ` · ${clock(audit.at)}` : ''}</p></div>
  </section>`;
}
