// What drand publishes of a round: a BLS signature that nobody has before its time and
// everybody can check after it. The scheme is bls-unchained-g1-rfc9380: a signature is a
// point of G1, a key one of G2, and what is signed is SHA-256 of the round's number.

import { bls12_381, sha256 } from '../vendor/noble.js';

const domain = 'BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_';

// Quicknet is the chain whose key and times everybody can look up elsewhere. The times
// belong to it: with others an old round, whose value is known, would be one to come.
const quicknet = {
  chain_hash: '52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971',
  public_key: '83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d1064510d1fec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a',
  genesis_unix: 1692803367,
  period_seconds: 3,
};

// chainOf names the chain: quicknet, unknown (one of drand), local (the shop's own), or
// false: it is called quicknet and is not.
export function chainOf(beacon) {
  if (beacon.chain_hash === quicknet.chain_hash) {
    return beacon.kind === 'drand' && Object.keys(quicknet).every((name) => beacon[name] === quicknet[name]) ? 'quicknet' : 'false';
  }
  return beacon.kind === 'drand' ? 'unknown' : 'local';
}

// timeOf is when a round is due, in ms.
export const timeOf = (beacon, round) => 1000 * (beacon.genesis_unix + (round - 1) * beacon.period_seconds);

// keyOf reads a public key; null where it is none.
export function keyOf(bytes) {
  try {
    const key = bls12_381.G2.Point.fromBytes(bytes);
    key.assertValidity(); // on the curve, and in the subgroup
    return key.is0() ? null : key; // with nothing as a key, nothing is a signature of anything
  } catch { return null; }
}

// signs tells whether a signature is the key's for a round.
export function signs(key, round, signature) {
  const number = new Uint8Array(8);
  new DataView(number.buffer).setBigUint64(0, BigInt(round));
  const { hash, verify } = bls12_381.shortSignatures;
  try {
    return verify(signature, hash(sha256(number), domain), key);
  } catch { return false; }
}
