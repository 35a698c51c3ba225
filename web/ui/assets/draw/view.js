// The page of one draw.

import { html, useEffect, useSignal } from '../lib/html.js';
import { call } from '../lib/api.js';
import { t } from '../lib/i18n.js';
import { setTitle } from '../lib/router.js';
import { Back } from '../parts/link.js';
import { Loading, Trouble } from '../parts/notice.js';
import { Checking } from './checking.js';
import { Published } from './published.js';
import { keepSeen } from './seen.js';

const again = 5_000; // ms, until it is drawn

export function DrawView({ id }) {
  const draw = useSignal(null);
  const sale = useSignal(null);
  const problem = useSignal(null);
  const look = async () => {
    try {
      sale.value ??= await call(`/api/v1/sales/${id}`);
      draw.value = await call(`/api/v1/sales/${id}/draw`);
      keepSeen(draw.value);
      problem.value = null;
    } catch (p) {
      if (!draw.value) problem.value = p;
    }
  };
  useEffect(() => {
    look();
    const timer = setInterval(() => { if (!document.hidden && draw.value?.state !== 'drawn') look(); }, again * (0.75 + Math.random() / 2));
    return () => clearInterval(timer);
  }, [id]);
  setTitle(`${t('draw.how')} · ${t('brand')}`);
  return html`<div class="view"><${Back} to=${`/sales/${id}`}>${sale.value?.name ?? t('back.sale')}<//>
    <div class="intro"><h1>${t('draw.how')}</h1><p class="lead">${t('draw.lead')}</p></div>
    ${problem.value ? html`<${Trouble} problem=${problem.value} again=${look} />` : !draw.value ? html`<${Loading} />` : html`
      <${Published} draw=${draw.value} sale=${sale.value} />
      ${draw.value.commitment && html`<${Checking} sale=${id} />`}`}
  </div>`;
}
