// The queue of a sale: how far it is, and what an operator can do with it.

import { html } from '../lib/html.js';
import { number, t } from '../lib/i18n.js';
import { Loading } from '../parts/notice.js';
import { admin, post } from './api.js';
import { Act } from './confirm.js';
import { Trouble } from './problem.js';
import { Tile } from './tile.js';
import { useLoad } from './use_load.js';

// changed is told when something was done, of which the sale's log has a line.
export function Queue({ id, changed }) {
  const { data, problem, again, set } = useLoad(() => admin(`/sales/${id}/queue`), [id], { every: 5_000 });
  return html`<section class="card view" data-testid="admin-queue" data-state=${data?.state}><div class="head"><h2>${t('admin.queue')}</h2>
      ${data && data.state !== 'over' && html`<${QueueActions} id=${id} queue=${data} done=${(answer) => { set(answer); changed(); }} />`}</div>
    ${problem && html`<${Trouble} problem=${problem} again=${again} />`}
    ${!data && !problem && html`<${Loading} />`}
    ${data && html`<${Facts} queue=${data} />`}</section>`;
}

function QueueActions({ id, queue, done }) {
  const verbs = [queue.paused ? 'resume' : 'pause', 'flush'];
  return html`<div class="actions">${verbs.map((verb) => html`<${Act} key=${verb} label=${t(`admin.queue.${verb}`)} title=${t(`admin.queue.${verb}.title`)} text=${t(`admin.queue.${verb}.text`)}
    main=${verb === 'resume'} testid=${`queue-${verb}`} run=${() => post(`/sales/${id}/queue/${verb}`)} done=${done} />`)}</div>`;
}

const lasting = (s) => (s < 90 ? t('admin.seconds', { n: Math.round(s) }) : t('minutes', { n: Math.round(s / 60) }));

function Facts({ queue }) {
  const { state, pace, estimate_seconds: estimate, commitment, seed } = queue;
  const facts = [
    ['state', t(`admin.queue.state.${state}`)],
    ['estimate', estimate === undefined ? t('admin.queue.unknown') : lasting(estimate)],
    ['commitment', commitment && html`<span class="mono">${commitment}</span>`],
    ['seed', seed ? html`<span class="mono">${seed}</span>` : t('admin.queue.coming')],
  ];
  return html`${queue.paused && html`<p class="notice" data-testid="queue-paused">${t('admin.queue.is_paused')}</p>`}
    <dl class="tiles">${['waiting', 'called', 'served', 'lapsed', 'left', 'joined'].map((name) => html`<${Tile} key=${name} name=${`queue-${name}`} label=${t(`admin.queue.${name}`)} value=${number(queue[name])}
      unit=${name === 'called' ? t('admin.queue.pace', { n: Math.round(10 * (pace ?? 0)) / 10 }) : ''} />`)}</dl>
    <dl class="settings">${facts.map(([name, says]) => html`<div key=${name}><dt>${t(`admin.queue.${name}`)}</dt><dd class="num">${says}</dd></div>`)}</dl>`;
}
