// What is published of a draw, before and after it.

import { html } from '../lib/html.js';
import { number, t } from '../lib/i18n.js';
import { exact } from './times.js';

// Where anybody can look a round up. This page asks nothing there.
const drand = 'https://api.drand.sh';

export function Published({ draw, sale }) {
  const { commitment, outcome, beacon } = draw;
  const round = commitment?.round ?? draw.planned_round;
  const at = commitment?.round_at ?? draw.planned_at;
  const coming = html`<span class="soft">${t('draw.coming')}</span>`;
  return html`<section class="card facts" aria-labelledby="published" data-testid="published" data-state=${draw.state}>
    <h2 id="published">${t('draw.published')}</h2>
    <p>${t(`draw.now.${draw.state}`)} ${draw.waits && html`<b data-testid="waits">${t('draw.waits')}</b>`}</p>
    <dl>
      <${Fact} name=${t('draw.until')}>${exact(draw.entries_until)}<//>
      <${Fact} name=${t('draw.entries')}>${number(draw.entries)}
        ${commitment && html`<ul class="soft">${draw.items.map((i) => html`<li key=${i.sku}>${t('draw.entries.of', { n: i.entries, title: sale.items.find((it) => it.sku === i.sku)?.title ?? i.sku })}</li>`)}</ul>`}<//>
      <${Fact} name=${t('draw.root')}>${commitment ? html`<code data-testid="root">${commitment.root}</code> <span class="soft">${t('draw.committed', { time: exact(commitment.committed_at) })}</span>` : coming}<//>
      <${Fact} name=${t('draw.beacon')}>${t(`draw.beacon.${beacon.kind}`)} <code>${beacon.chain_hash}</code><//>
      <${Fact} name=${t('draw.round')}>${beacon.kind === 'drand' && outcome
        ? html`<a href=${`${drand}/${beacon.chain_hash}/public/${round}`} rel="noreferrer" data-testid="round">${t('draw.round.of', { round: String(round), time: exact(at) })}</a>`
        : html`<span data-testid="round">${t('draw.round.of', { round: String(round), time: exact(at) })}</span>`}<//>
      <${Fact} name=${t('draw.signature')}>${outcome ? html`<code>${outcome.signature}</code>` : coming}<//>
      <${Fact} name=${t('draw.randomness')}>${outcome ? html`<code data-testid="randomness">${outcome.randomness}</code>` : coming}<//>
    </dl>
  </section>`;
}

const Fact = ({ name, children }) => html`<div><dt>${name}</dt><dd>${children}</dd></div>`;
