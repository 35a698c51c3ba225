// What went wrong, for an operator. The server says it in English, and more exactly
// than the page could: which state stands against it, which field is wrong. Where
// another language is read, the page's own words come first.

import { html } from '../lib/html.js';
import { has, language, t } from '../lib/i18n.js';
import { problemText } from '../lib/problem.js';

const detailed = ['conflict', 'invalid_request', 'unavailable', 'forbidden', 'not_found', 'payment_mismatch'];
const english = () => language.value === 'en';

export const waitSeconds = (problem) => Math.max(1, Math.ceil(problem.retryAfter / 1000));

export function adminProblem(problem) {
  const name = `admin.problem.${problem.code}`;
  const own = !has(name) ? problemText(problem) : t(name, { n: waitSeconds(problem) });
  if (!detailed.includes(problem.code) || !problem.detail) return own;
  if (english()) return problem.detail;
  const state = problem.body?.state && `admin.state.${problem.body.state}`;
  return `${own}${state && has(state) ? t('admin.problem.state', { state: t(state) }) : ''}${t('admin.problem.said', { detail: problem.detail })}`;
}

export function Trouble({ problem, again }) {
  return html`<div class="notice" role="alert" data-testid="notice" data-code=${problem.code}>
    <p>${adminProblem(problem)}</p>
    ${again && html`<button type="button" class="button small" onClick=${again}>${t('retry')}</button>`}
  </div>`;
}

// Fields whose rule has another name; the form's own money is not in minor units.
const rules = { starts_at: 'year', ends_at: 'order', hold_seconds: 'hold', limit_per_buyer: 'limit', image_url: 'image', goods_id: 'sku' };
const inMajor = ['price', 'list_price'];

function reason({ field, reason: said }, values) {
  const last = field.replace(/\[\d+\]$/, '').split('.').pop();
  const rule = `admin.wrong.${rules[last] ?? last}`;
  if (has(rule) && (!english() || inMajor.includes(last))) return t(rule, values);
  return said[0].toUpperCase() + said.slice(1);
}

// told puts what the server says of a form to its fields: at has a text for each of
// those that are there, rest what is to be said of the whole.
export function told(problem, fields = [], values = {}) {
  const at = {};
  const rest = [];
  for (const e of problem?.body?.errors ?? []) {
    const field = e.field.replace(/\.(\w+)\[\d+\]$/, '.$1'); // one of several in a field
    if (fields.includes(field)) at[field] ??= reason(e, values);
    else rest.push(`${e.field}: ${reason(e, values)}`);
  }
  if (Object.keys(at).length > 0 && rest.length === 0) rest.push(t('admin.wrong.fields'));
  else if (problem && rest.length === 0) rest.push(adminProblem(problem));
  return { at, rest: rest.join(' · ') };
}
