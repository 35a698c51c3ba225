// To an operator the server's own words are worth more than ours, where it has some
// to say: which state stands against it, which field is wrong.

import { html } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { problemText } from '../lib/problem.js';

const detailed = ['conflict', 'invalid_request', 'unavailable', 'forbidden', 'not_found'];

export const adminProblem = (problem) => (detailed.includes(problem.code) && problem.detail ? problem.detail : problemText(problem));

export function Trouble({ problem, again }) {
  return html`<div class="notice" role="alert" data-testid="notice" data-code=${problem.code}>
    <p>${adminProblem(problem)}</p>
    ${again && html`<button type="button" class="button small" onClick=${again}>${t('retry')}</button>`}
  </div>`;
}
