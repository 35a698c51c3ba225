// The address decides which view is shown; going from one to another loads
// nothing anew.

import { batch, signal } from './html.js';
import { announce } from './announce.js';

export const path = signal(location.pathname);
// visit is new each time that a view is entered, also at the same address.
export const visit = signal(0);
// given is what the view before handed over, in memory alone: what a view can
// show before the server has answered.
export const given = signal({});

function enter(handed = {}) {
  batch(() => {
    path.value = location.pathname;
    given.value = handed;
    visit.value += 1;
  });
  announce('');
}

let own = /./;
// keepTo names the addresses that this page has views for; to others the browser goes.
export function keepTo(addresses) { own = addresses; }

// go leads to another view of this page and moves the focus there. With replace
// the back button does not come here again.
export function go(to, handed = {}, { replace = false } = {}) {
  if (!own.test(to)) return location.assign(to);
  history[replace ? 'replaceState' : 'pushState'](null, '', to);
  enter(handed);
  scrollTo(0, 0);
  document.getElementById('main')?.focus({ preventScroll: true });
}

// onLink is for a click on an <a> that leads to a view of this page.
export function onLink(event) {
  if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  go(event.currentTarget.getAttribute('href'));
}

let title = document.title;
let mark = '';
function showTitle() {
  const shown = mark ? `${mark} · ${title}` : title;
  if (document.title !== shown) document.title = shown;
}
export function setTitle(to) { title = to; showTitle(); }
// markTitle puts a word before the title, which is seen from another tab; '' takes it away.
export function markTitle(word) { mark = word; showTitle(); }

addEventListener('popstate', () => enter());
// The browser may bring this page back as it was left, for one at a payment page.
addEventListener('pageshow', (event) => { if (event.persisted) enter(); });
