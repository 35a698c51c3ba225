// Ranks of the entries: they go by HMAC-SHA256(key = random number, message = hash), the
// smallest first, and equal ones by the hash. An entry's rank is among those of its item.

import { hmac, sha256 } from '../vendor/noble.js';
import { compare, hashAt } from './proof.js';

const every = 20_000; // entries between two reports

// inOrder gives the positions of all entries, the first rank first.
export function inOrder(proof, randomness, progress) {
  const keys = new Uint8Array(32 * proof.count);
  const begins = new Uint32Array(proof.count); // of a key: that alone tells almost any two apart
  const order = new Uint32Array(proof.count);
  const begun = hmac.create(sha256, randomness);
  const view = new DataView(keys.buffer);
  for (let i = 0; i < proof.count; i++) {
    keys.set(begun.clone().update(hashAt(proof, i)).digest(), 32 * i);
    begins[i] = view.getUint32(32 * i);
    order[i] = i;
    if (i % every === 0) progress(i / proof.count);
  }
  const key = (i) => keys.subarray(32 * i, 32 * i + 32);
  return order.sort((a, b) => begins[a] - begins[b] || compare(key(a), key(b)) || compare(hashAt(proof, a), hashAt(proof, b)));
}
