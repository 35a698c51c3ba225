// The button of a queue, and where the buyer stands in it. On a phone they stay at the lower
// edge.

import { html } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { problemText } from '../lib/problem.js';
import { Link } from '../parts/link.js';
import { ahead, wait } from './words.js';

// refused is what the last try to buy was told where it needs a turn.
export function QueueArea({ queue, state, standing, refused, own, onJoin }) {
  const place = queue.place.value;
  const busy = queue.busy.value;
  const waits = standing === 'waiting';
  const problem = queue.problem.value ?? (!waits && refused);
  const joins = !own && !waits && state !== 'over' && queue.known.value;
  return html`<div class="buy-area" data-testid="queue" data-state=${state} data-standing=${standing}>
    ${own && !waits && html`<${Link} class="button main buy" to=${own} data-testid="see-order">${t('buy.see_order')}<//>`}
    ${joins && html`<button type="button" class=${`button buy ${standing === 'served' ? '' : 'main'}`} disabled=${busy} data-testid="join-queue" aria-describedby="queue-message" onClick=${onJoin}>
      ${busy && html`<span class="spinner" aria-hidden="true"></span>`}<span>${t(standing === 'none' ? 'queue.join' : 'queue.join_again')}</span></button>`}
    ${waits && state !== 'over' && html`<p class="ahead" data-testid="ahead"><b>${state === 'gathering' ? t('queue.in') : ahead(place)}</b>
      ${state === 'open' && place.ahead !== undefined && html`<span class="soft" data-testid="wait">${wait(place)}</span>`}</p>`}
    <p class="say" id="queue-message" role="status" data-testid="queue-message" data-code=${problem?.code} data-wrong=${problem ? '' : undefined}>
      ${problem ? wrong(problem) : says(queue, state, standing)}</p>
  </div>`;
}

function says(queue, state, standing) {
  if (!queue.known.value) return t('loading');
  if (state === 'over') return t(standing === 'served' ? 'queue.own.served' : 'queue.over');
  if (standing === 'none') return queue.lost.value ? t(`queue.lost.${queue.lost.value}`) : t(`queue.how.${state}`);
  if (standing !== 'waiting') return t(`queue.own.${standing}`);
  return t(state === 'paused' ? 'queue.paused' : 'queue.keeps');
}

function wrong(problem) {
  if (problem.code === 'ended') return t('queue.over');
  return problem.code === 'conflict' && problem.body.state === 'full' ? t('queue.full') : problemText(problem);
}
