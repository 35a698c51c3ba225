// Pieces that several views show.

import { el, icon, setAttr, setText } from './dom.js';
import { parts } from './format.js';
import { problemText, t } from './texts.js';

export function backLink(path, text) {
  return el('a', { class: 'back', href: path, 'data-link': true }, icon('back'), text);
}

export function phasePill(phase) {
  const pill = el('span', { class: 'pill' });
  setPhase(pill, phase);
  return pill;
}

export function setPhase(pill, phase) {
  setAttr(pill, 'data-phase', phase);
  setText(pill, t.phase[phase] ?? phase);
}

// statusPill is an order's status in a word or two.
export function statusPill(status) {
  return el('span', { class: 'pill', 'data-status': status }, t.status[status]?.short ?? status);
}

// notice is one clear line about what went wrong, with a way on.
export function notice(problem, again) {
  return el('div', { class: 'notice', role: 'alert', 'data-testid': 'notice', 'data-code': problem.code },
    el('p', null, problemText(problem)),
    again ? el('button', { type: 'button', class: 'button', onclick: again }, t.retry) : null);
}

export function loading() {
  return el('p', { class: 'loading', role: 'status' }, el('span', { class: 'spinner', 'aria-hidden': 'true' }), t.loading);
}

// bigCountdown shows days, hours, minutes and seconds; set(ms) moves it. A
// screen reader reads it when asked, and is not told each second.
export function bigCountdown() {
  const cell = (unit) => {
    const value = el('span', { class: 'count-value' }, '00');
    return { value, node: el('span', { class: 'count-cell' }, value, el('span', { class: 'count-unit' }, t.units[unit])) };
  };
  const cells = { days: cell('days'), hours: cell('hours'), minutes: cell('minutes'), seconds: cell('seconds') };
  const node = el('div', { class: 'count', role: 'timer', 'aria-live': 'off', 'data-testid': 'countdown' }, Object.values(cells).map((c) => c.node));
  return {
    node,
    set(ms) {
      const left = parts(ms);
      for (const [unit, c] of Object.entries(cells)) setText(c.value, String(left[unit]));
      cells.days.node.hidden = left.days === 0;
    },
  };
}
