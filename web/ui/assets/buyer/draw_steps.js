// How a draw goes, and how far it is.

import { html } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { zoned } from '../lib/zoned.js';
import { Icon } from '../parts/icon.js';

// lasting says a time to pay in the largest unit that it is whole in.
const lasting = (s) => (s % 3600 === 0 ? t('hours', { n: s / 3600 }) : s % 60 === 0 ? t('minutes', { n: s / 60 }) : t('seconds', { n: s }));

const stages = ['entering', 'closing', 'committed', 'drawn', 'ended'];

export function DrawSteps({ sale, doc, stage }) {
  if (!doc) return null;
  const { beacon, commitment } = doc;
  const texts = [
    [t('draw.step.enter', { time: zoned(sale.entries_until) }), t('draw.step.entries', { n: doc.entries })],
    [t('draw.step.commit')],
    [t('draw.step.draw', { time: zoned(commitment?.round_at ?? doc.planned_at) }), t(`draw.step.${beacon.kind}`, { round: String(commitment?.round ?? doc.planned_round) })],
    [t('draw.step.turns', { hold: lasting(doc.hold_seconds) })],
  ];
  const now = stages.indexOf(stage);
  return html`<section class="returns" data-testid="draw-steps"><h3>${t('draw.title')}</h3>
    <ol class="steps draw-steps">${texts.map(([text, more], i) => html`<li key=${i} data-state=${i < now ? 'done' : i === now ? 'now' : 'next'} aria-current=${i === now ? 'step' : undefined}>
      <span class="dot" aria-hidden="true">${i < now && html`<${Icon} name="check" />`}</span>
      <span>${text}${more && html`<small data-testid=${i === 2 ? 'trust' : undefined}>${more}</small>`}</span></li>`)}</ol>
    <a class="link" href=${`/sales/${sale.id}/draw`} data-testid="how">${t(doc.state === 'drawn' ? 'draw.see' : 'draw.see.before')}</a></section>`;
}
