// A shop that signs its customers in itself hands their token over: this page leads
// the browser to the shop's login, and that leads back here with the token in the
// address's fragment, which goes to no server. docs/integration.md has the contract.
//
// Only the answer to a question of this very tab counts. Else a link could sign a
// buyer in as somebody else, for whom he would pay.

import { randomKey } from './random.js';

const login = document.querySelector('meta[name=seckill-login]')?.content;
const stateKey = 'seckill.state';

// byShop tells whether the shop signs buyers in.
export const byShop = Boolean(login);

// handedOver is what this page was opened with. It is off the address before anything
// else can read it there.
export const handedOver = received();

function received() {
  const { state, token } = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
  if (!state && !token) return { answered: false };
  history.replaceState(history.state, '', location.pathname + location.search);
  try {
    const asked = sessionStorage.getItem(stateKey);
    sessionStorage.removeItem(stateKey);
    if (byShop && asked && state === asked) return { answered: true, token };
  } catch { /* nothing was asked where nothing can be kept */ }
  return { answered: false };
}

// leaveForShop leads to the shop's login; without asking, the shop is to lead back at
// once, with a token or without. It tells whether it leaves: it does not ask twice, nor
// where it could not tell an answer from a forgery.
export function leaveForShop({ asking }) {
  const state = randomKey();
  if (!asking && handedOver.answered) return false;
  try { sessionStorage.setItem(stateKey, state); } catch { return false; }
  const to = new URL(login);
  to.searchParams.set('return_to', location.origin + location.pathname);
  to.searchParams.set('state', state);
  if (!asking) to.searchParams.set('prompt', 'none');
  location.replace(to);
  return true;
}

// lives tells whether a token is there and lasts for another minute. Whether it is
// worth anything the server says.
export function lives(token) {
  try {
    const claims = JSON.parse(atob(token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/')));
    return claims.exp * 1000 > Date.now() + 60_000;
  } catch { return false; }
}
