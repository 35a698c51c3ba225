// One clear line for any error.

import { has, t } from './i18n.js';

export function problemText(problem) {
  const name = `problem.${problem.code}`;
  // The server names the field that it does not like; that is worth more than our own words.
  if (problem.code === 'invalid_request' && problem.detail) return problem.detail;
  return has(name) ? t(name) : problem.detail || t('problem.internal');
}
