// One clear line for any error, in the reader's language: the server's own words
// are English.

import { has, t } from './i18n.js';

export function problemText({ code, body }) {
  const names = [`problem.${code}.${body?.errors?.[0]?.field}`, `problem.${code}`, 'problem.internal'];
  return t(names.find(has));
}
