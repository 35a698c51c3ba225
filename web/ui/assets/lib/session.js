// Who is buying. Where the server offers the demo login, the page makes a
// buyer's name by itself and gets a token for it. A shop that signs its
// customers in itself hands their token over (hand_over.js).

import { call, Problem } from './api.js';
import { byShop, handedOver, leaveForShop, lives } from './hand_over.js';
import { signal } from './html.js';
import { load, perBrowser, perTab, save } from './storage.js';

const nameKey = 'seckill.buyer';
const tokenKey = 'seckill.token';
const demoKey = 'seckill.demo'; // the name that this tab's token was made for, where this page had it made

const colours = ['amber', 'azure', 'coral', 'indigo', 'jade', 'olive', 'pearl', 'ruby', 'silver', 'violet'];
const animals = ['badger', 'crane', 'falcon', 'heron', 'lynx', 'marten', 'otter', 'panda', 'tiger', 'wren'];

function madeUp() {
  const [a, b, n] = crypto.getRandomValues(new Uint32Array(3));
  return `${colours[a % colours.length]}-${animals[b % animals.length]}-${1000 + n % 9000}`;
}

function known() {
  const name = load(perBrowser, nameKey) ?? madeUp();
  save(perBrowser, nameKey, name);
  return name;
}

// buyer is the name of a demo's buyer; demo tells whether this page signs buyers
// in by itself: null until that is known.
export const buyer = signal(known());
export const demo = signal(load(perTab, demoKey) ? true : null);

if (handedOver.token) save(perTab, tokenKey, handedOver.token);
// signedOut is whether the buyer has to go to the shop's login, before anything else.
export const signedOut = signal(byShop && !handedOver.token && !lives(load(perTab, tokenKey)));

// Two tabs are one buyer: a name that was changed in another one counts here.
function follow(name) {
  if (load(perTab, demoKey) !== null && load(perTab, demoKey) !== name) save(perTab, tokenKey, null);
  buyer.value = name;
}
follow(buyer.value);
addEventListener('storage', (event) => { if (event.key === nameKey && event.newValue) follow(event.newValue); });

let pending = null; // one login at a time, however many ask

async function demoLogin(name) {
  const { token } = await call('/api/v1/demo/login', { method: 'POST', body: { buyer: name } });
  save(perTab, tokenKey, token);
  save(perTab, demoKey, name);
  demo.value = true;
  return token;
}

// rename makes another buyer, with orders and limits of its own.
export async function rename(name) {
  const trimmed = name.trim();
  await demoLogin(trimmed);
  save(perBrowser, nameKey, trimmed);
  buyer.value = trimmed;
}

// signIn returns a token; a new one when the old is given as worn out.
export async function signIn(wornOut = null) {
  const token = load(perTab, tokenKey);
  if (token && token !== wornOut) return token;
  pending ??= login().finally(() => { pending = null; });
  return pending;
}

async function login() {
  if (byShop) {
    signedOut.value = true;
    throw new Problem('sign_in');
  }
  try {
    return await demoLogin(buyer.value);
  } catch (problem) {
    if (problem.code !== 'not_found') throw problem;
    demo.value = false;
    throw new Problem('sign_in');
  }
}

// start signs in before anybody presses a button, so that the press is one call.
// Whom the shop knows it hands over at once; from anybody else it asks nothing yet.
export const start = () => {
  if (!signedOut.value || !leaveForShop({ asking: false })) signIn().catch(() => {});
};

// asBuyer calls with the buyer's token, and once more with a new one when the
// server does not take it.
export async function asBuyer(path, options = {}) {
  const token = await signIn();
  try {
    return await call(path, { ...options, token });
  } catch (problem) {
    if (problem.code !== 'unauthorized') throw problem;
    return call(path, { ...options, token: await signIn(token) });
  }
}
