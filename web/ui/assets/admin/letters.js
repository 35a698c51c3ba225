// Messages that nobody could handle: look, mend the cause, send them back.

import { html } from '../lib/html.js';
import { number, t } from '../lib/i18n.js';
import { Loading } from '../parts/notice.js';
import { admin, post } from './api.js';
import { Act } from './confirm.js';
import { Trouble } from './problem.js';
import { moment } from './times.js';
import { useLoad } from './use_load.js';

export function Letters() {
  const { data, problem, again } = useLoad(() => admin('/dead-letters?limit=100'), [], { every: 10_000 });
  const letters = data?.dead_letters ?? [];
  return html`<div class="view"><div class="head"><div><h1>${t('admin.letters')}</h1><p class="lead">${t('admin.letters.lead')}</p></div>
      ${letters.length > 0 && html`<div class="actions"><${Act} label=${t('admin.letters.all')} title=${t('admin.letters.all.title')} text=${t('admin.letters.text')} testid="requeue-all" main=${true}
        run=${() => post('/dead-letters/requeue', {})} done=${again} /></div>`}</div>
    ${problem && html`<${Trouble} problem=${problem} again=${again} />`}
    ${!data && !problem && html`<${Loading} />`}
    ${data && letters.length === 0 && html`<p class="empty" data-testid="no-letters">${t('admin.letters.none')}</p>`}
    <ul class="rows" data-testid="letters">${letters.map((l) => html`<li key=${`${l.queue} ${l.id}`} class="row"><div class="row-link">
      <span class="row-title">${l.reason || t('admin.letters.no_reason')}</span>
      <span class="soft row-meta">${l.queue} · ${l.routing_key} · ${t('admin.letters.attempts', { n: l.attempts })}${l.died_at ? ` · ${moment(l.died_at)}` : ''}</span>
      <details class="row-meta"><summary>${t('admin.letters.content')}</summary><pre tabindex="0">${l.body ? JSON.stringify(l.body, null, 2) : l.text ?? ''}</pre></details></div>
      <${Act} label=${t('admin.letters.again')} title=${t('admin.letters.again.title')} text=${t('admin.letters.text')} testid="requeue"
        run=${() => post('/dead-letters/requeue', { ids: [l.id] })} done=${again} /></li>`)}</ul>
    ${letters.length === 100 && html`<p class="soft">${t('admin.letters.most', { n: number(100) })}</p>`}</div>`;
}
