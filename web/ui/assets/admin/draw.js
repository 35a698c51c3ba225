// How far the draw of a sale is: what everybody can see of it, how far its ranks have come,
// and in full why it waits.

import { html } from '../lib/html.js';
import { call } from '../lib/api.js';
import { number, t } from '../lib/i18n.js';
import { Loading } from '../parts/notice.js';
import { admin } from './api.js';
import { Trouble } from './problem.js';
import { moment } from './times.js';
import { useLoad } from './use_load.js';

export function Draw({ id }) {
  const { data, problem, again } = useLoad(async () => ({ ...(await call(`/api/v1/sales/${id}/draw`)), own: await admin(`/sales/${id}/draw`) }), [id], { every: 5_000 });
  return html`<section class="card view" data-testid="admin-draw" data-state=${data?.state}><div class="head"><h2>${t('admin.draw')}</h2>
      <a class="link" href=${`/sales/${id}/draw`}>${t('admin.draw.page')}</a></div>
    ${!data && (problem ? html`<${Trouble} problem=${problem} again=${again} />` : html`<${Loading} />`)}
    ${data && html`<${Facts} draw=${data} />`}</section>`;
}

function Facts({ draw }) {
  const { commitment, outcome, beacon, own } = draw;
  const round = String(commitment?.round ?? draw.planned_round);
  const facts = [
    ['state', t(`admin.draw.state.${draw.state}`)],
    ['ends', moment(draw.entries_until)],
    ['entries', commitment ? [number(draw.entries), ...draw.items.map((i) => `${i.sku}: ${number(i.entries)}`)].join(' · ') : number(draw.entries)],
    ['root', commitment ? html`<span class="mono">${commitment.root}</span> · ${moment(commitment.committed_at)}` : t('admin.draw.coming')],
    ['round', t(`admin.draw.beacon.${beacon.kind}`, { round, time: moment(commitment?.round_at ?? draw.planned_at) })],
    ['randomness', outcome ? html`<span class="mono">${outcome.randomness}</span> · ${moment(outcome.drawn_at)}` : t('admin.draw.coming')],
  ];
  if (outcome) facts.push(['turns', own.items.map((i) => t('admin.draw.turn', i)).join(' · ')]);
  return html`${own.trouble && html`<p class="notice" data-testid="draw-waits">${t('admin.draw.waits')}<br /><span class="mono">${own.trouble}</span></p>`}
    ${beacon.kind === 'local' && html`<p class="soft">${t('admin.draw.local')}</p>`}
    <dl class="settings">${facts.map(([name, says]) => html`<div key=${name}><dt>${t(`admin.draw.${name}`)}</dt><dd class="num">${says}</dd></div>`)}</dl>`;
}
