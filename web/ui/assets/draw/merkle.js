// The tree of RFC 6962, section 2.1, over the entries of a draw: a leaf is
// SHA-256(0x00 || hash || SKU), a node is SHA-256(0x01 || left || right).
//
// The RFC divides a list after the largest power of two that is less than its length.
// Joining neighbours, level by level, and lifting the last one where it has none, gives
// the same tree.

import { sha256 } from '../vendor/noble.js';
import { hashAt } from './proof.js';

const every = 20_000; // hashes between two reports

// merkleRoot gives the root; progress is told the share that is done.
export function merkleRoot(proof, progress) {
  if (proof.count === 0) return sha256(new Uint8Array(0));
  const level = new Uint8Array(32 * proof.count);
  let done = 0;
  const put = (i, data) => {
    level.set(sha256(data), 32 * i);
    if (++done % every === 0) progress(done / (2 * proof.count));
  };
  const leaves = proof.items.map((sku) => {
    const name = new TextEncoder().encode(sku);
    const leaf = new Uint8Array(33 + name.length);
    leaf.set(name, 33);
    return leaf;
  });
  for (let i = 0; i < proof.count; i++) {
    const leaf = leaves[proof.ofItem[i]];
    leaf.set(hashAt(proof, i), 1);
    put(i, leaf);
  }
  const node = new Uint8Array(65).fill(1, 0, 1);
  for (let n = proof.count; n > 1; n = Math.ceil(n / 2)) {
    for (let i = 0; i + 1 < n; i += 2) {
      node.set(level.subarray(32 * i, 32 * i + 64), 1);
      put(i / 2, node);
    }
    if (n % 2 === 1) level.copyWithin(16 * (n - 1), 32 * (n - 1), 32 * n);
  }
  return level.subarray(0, 32);
}
