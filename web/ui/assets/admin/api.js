// Speaks to the operators' API. The token is kept for this tab alone, and goes into
// its header alone; so does the operator's name, for the log of what was done.

import { signal } from '../lib/html.js';
import { call, problemOf, Problem } from '../lib/api.js';
import { load, perTab, save } from '../lib/storage.js';

const tokenKey = 'seckill.admin';
const nameKey = 'seckill.operator';
const root = '/api/v1/admin';

export const token = signal(load(perTab, tokenKey));
export const operator = signal(load(perTab, nameKey) ?? '');
// refused tells that the server did not take the token.
export const refused = signal(false);

const named = () => (operator.value ? { 'X-Operator': encodeURIComponent(operator.value) } : {});

// signIn tries the token before it is kept.
export async function signIn(value, name) {
  await call(`${root}/sales?limit=1`, { token: value });
  save(perTab, tokenKey, value);
  save(perTab, nameKey, name || null);
  operator.value = name;
  refused.value = false;
  token.value = value;
}

export function signOut() {
  save(perTab, tokenKey, null);
  token.value = null;
}

function orOut(problem) {
  if (problem.code === 'unauthorized') {
    refused.value = true;
    signOut();
  }
  throw problem;
}

// admin calls a path below /api/v1/admin.
export const admin = (path, options = {}) => call(root + path, { ...options, token: token.value, headers: named() }).catch(orOut);

export const post = (path, body) => admin(path, { method: 'POST', body });

// send posts a file as it is: its bytes, whatever its letters are written in.
export async function send(path, type, bytes, headers = {}) {
  const response = await raw(path, { method: 'POST', headers: { ...headers, 'Content-Type': type, Accept: 'application/json' }, body: bytes });
  return response.json();
}

// download gives an answer that is a file to the browser to keep.
export async function download(path, accept, name) {
  const response = await raw(path, { headers: { Accept: accept } });
  const link = document.createElement('a');
  link.href = URL.createObjectURL(await response.blob());
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

// raw gives the whole response of a call that went well.
export async function raw(path, { headers = {}, ...init } = {}) {
  let response;
  try {
    response = await fetch(root + path, { ...init, credentials: 'omit', headers: { ...headers, ...named(), Authorization: `Bearer ${token.value}` } });
  } catch (error) {
    init.signal?.throwIfAborted();
    throw new Problem('network');
  }
  if (response.ok) return response;
  return orOut(problemOf(response, await response.json().catch(() => undefined)));
}
