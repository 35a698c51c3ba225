// The check of a draw, here: the file that everybody can have is downloaded, and all that
// can be recomputed of it is.

import { html, useEffect, useRef, useSignal } from '../lib/html.js';
import { announce } from '../lib/announce.js';
import { Problem } from '../lib/api.js';
import { now as clock } from '../lib/clock.js';
import { number, t } from '../lib/i18n.js';
import { problemText } from '../lib/problem.js';
import { seenBefore } from '../lib/seen.js';
import { Findings } from '../parts/findings.js';
import { ownEntry } from './own.js';
import { exact } from './times.js';

const address = new URL('worker.js', import.meta.url); // beside this page's own script

export function Checking({ sale }) {
  const said = useSignal(null); // by the worker, last
  const busy = useSignal(false);
  const worker = useRef(null);
  const stop = () => { worker.current?.terminate(); worker.current = null; };
  useEffect(() => stop, [sale]);

  async function run() {
    stop();
    busy.value = true;
    said.value = { doing: 'reading', share: 0 };
    const own = await ownEntry(sale);
    worker.current = new Worker(address, { type: 'module' });
    const take = (answer) => {
      said.value = answer;
      if (answer.doing) return;
      busy.value = false;
      stop();
      announce(answer.findings ? t(`draw.verdict.${verdict(answer.findings)}`) : failure(answer));
    };
    worker.current.onmessage = ({ data }) => take(data);
    worker.current.onerror = () => take({ problem: 'network' });
    worker.current.postMessage({ sale, own, seen: seenBefore(sale), now: clock() });
  }

  const now = said.value;
  return html`<section class="card facts" aria-labelledby="checking" data-testid="checking">
    <h2 id="checking">${t('draw.check')}</h2>
    <p class="soft">${t('draw.check.lead')}</p>
    <div class="actions"><button type="button" class="button main" disabled=${busy.value} data-testid="check" onClick=${run}>${t('draw.check.here')}</button>
      <a class="button" href=${`/api/v1/sales/${sale}/draw/proof`} download data-testid="proof">${t('draw.check.file')}</a></div>
    ${now?.doing && html`<p role="status">${t(`draw.doing.${now.doing}`)}</p><progress class="meter" max="1" value=${now.share} aria-label=${t('draw.check')}>${number(now.share)}</progress>`}
    ${now && !now.doing && !now.findings && html`<p class="notice" role="alert" data-testid="check-failed">${failure(now)}</p>`}
    ${now?.findings && html`<${Outcome} findings=${now.findings} />`}
  </section>`;
}

const failure = ({ line, problem }) => (line ? t('draw.file.line', { line }) : problemText(new Problem(problem)));

// verdict is one word for all findings.
function verdict(findings) {
  if (findings.some((f) => f.wrong)) return 'wrong';
  if (findings.some((f) => f.says === 'coming')) return 'coming';
  return findings.some((f) => f.check === 'beacon' && f.mind) ? 'trust' : 'good';
}

function Outcome({ findings }) {
  const all = verdict(findings);
  return html`<p class="notice" data-tone=${{ good: 'good', wrong: 'bad' }[all]} data-testid="verdict" data-verdict=${all}>${t(`draw.verdict.${all}`)}</p>
    <${Findings} findings=${findings} name=${({ check }) => t(`draw.of.${check}`)} is=${(kind) => t(`draw.is.${kind}`)} say=${sentence} />`;
}

// sentence says a finding; times are told as the reader's.
function sentence({ check, says, values }) {
  const told = { ...values };
  if (told.at) told.at = exact(told.at);
  if (check === 'round' && told.committed) told.committed = exact(told.committed);
  return t(`draw.finding.${check}.${says}`, told);
}
