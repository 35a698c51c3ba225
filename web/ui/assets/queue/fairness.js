// How the places of a queue are shuffled, and the check of that in this browser.

import { announce } from '../lib/announce.js';
import { zoned } from '../lib/zoned.js';
import { html, useEffect, useSignal } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { seenBefore } from '../lib/seen.js';
import { buyer, signIn } from '../lib/session.js';
import { subject } from '../lib/subject.js';
import { Findings } from '../parts/findings.js';
import { canCheck, check } from './check.js';

export function Fairness({ sale, place }) {
  const { id, queue: { commitment, seed } } = sale;
  const findings = useSignal(null);
  useEffect(() => { findings.value = null; }, [buyer.value, place?.number, seed]);
  async function run() {
    const found = await check({ sale: id, buyer: place ? subject(await signIn()) : '', number: place?.number, seed, commitment, seen: seenBefore(id) });
    findings.value = found;
    announce(t(`queue.verdict.${verdict(found)}`));
  }
  if (!commitment) return null;
  return html`<details class="fair" data-testid="fair"><summary>${t('queue.fair')} <code>${commitment.slice(0, 8)}…</code></summary>
    <p>${t(seed ? 'queue.fair.after' : 'queue.fair.before')}</p>
    <p>${t('queue.fair.commitment')} <code data-testid="commitment">${commitment}</code></p>
    ${seed && html`<p>${t('queue.fair.seed')} <code data-testid="seed">${seed}</code></p>
      ${canCheck() ? html`<button type="button" class="button small" data-testid="check-queue" onClick=${run}>${t('queue.check')}</button>` : html`<p class="soft">${t('queue.check.insecure')}</p>`}`}
    ${findings.value && html`<p class="notice" data-tone=${verdict(findings.value) === 'wrong' ? 'bad' : 'good'} data-testid="queue-verdict" data-verdict=${verdict(findings.value)}>${t(`queue.verdict.${verdict(findings.value)}`)}</p>
      <${Findings} findings=${findings.value} name=${({ check: of }) => t(`queue.of.${of}`)} is=${(kind) => t(`queue.is.${kind}`)} say=${sentence} />`}
  </details>`;
}

const verdict = (findings) => (findings.some((f) => f.wrong) ? 'wrong' : 'good');

const sentence = ({ check: of, says, values }) => t(`queue.finding.${of}.${says}`, { ...values, ...(values.at && { at: zoned(values.at) }) });
