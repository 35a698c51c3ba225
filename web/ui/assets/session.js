// Who is buying. Where the server offers the demo login, the page makes a
// buyer's name by itself and gets a token for it. A shop that signs its
// customers in itself puts their token into sessionStorage under
// "seckill.token" before it leads here.

import { call, Problem } from './api.js';

const nameKey = 'seckill.buyer';
const tokenKey = 'seckill.token';

// Where storage is forbidden the page still works, until it is left.
const memory = new Map();

export function load(storage, key) {
  try { return storage().getItem(key); } catch { return memory.get(key) ?? null; }
}

export function save(storage, key, value) {
  try {
    if (value === null) storage().removeItem(key);
    else storage().setItem(key, value);
  } catch {
    if (value === null) memory.delete(key);
    else memory.set(key, value);
  }
}

export const perTab = () => sessionStorage;
const perBrowser = () => localStorage;

const colours = ['amber', 'azure', 'coral', 'indigo', 'jade', 'olive', 'pearl', 'ruby', 'silver', 'violet'];
const animals = ['badger', 'crane', 'falcon', 'heron', 'lynx', 'marten', 'otter', 'panda', 'tiger', 'wren'];

export function buyer() {
  let name = load(perBrowser, nameKey);
  if (!name) {
    const [a, b, n] = crypto.getRandomValues(new Uint32Array(3));
    name = `${colours[a % colours.length]}-${animals[b % animals.length]}-${1000 + n % 9000}`;
    save(perBrowser, nameKey, name);
  }
  return name;
}

let pending = null; // one login at a time, however many ask
let demo = null; // null: not known yet

// demoLogin tells whether this page signs buyers in by itself.
export const isDemo = () => demo === true;

export async function rename(name) {
  const trimmed = name.trim();
  const { token } = await call('/api/v1/demo/login', { method: 'POST', body: { buyer: trimmed } });
  save(perBrowser, nameKey, trimmed);
  save(perTab, tokenKey, token);
}

// signIn returns a token; a new one when the old is given as worn out.
export async function signIn(wornOut = null) {
  const token = load(perTab, tokenKey);
  if (token && token !== wornOut) return token;
  pending ??= login().finally(() => { pending = null; });
  return pending;
}

async function login() {
  try {
    const { token } = await call('/api/v1/demo/login', { method: 'POST', body: { buyer: buyer() } });
    demo = true;
    save(perTab, tokenKey, token);
    return token;
  } catch (problem) {
    if (problem.code !== 'not_found') throw problem;
    demo = false;
    throw new Problem('sign_in');
  }
}

// start finds out who is buying without asking for a login that is not needed.
export async function start() {
  if (load(perTab, tokenKey) && load(perBrowser, nameKey)) demo = true;
  else await signIn().catch(() => {});
}

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
