// Recomputes a place from what is published of its queue. It shares no code with the
// service: it is written from the rule, as anybody else's check would be.

import { bytesOf, hexOf } from '../lib/hex.js';

const rule = 'seckill-queue-1';
const late = '4000000000000000'; // the first number of those who came after the start

const finding = (check, says, values = {}) => ({ check, says, values });
const mind = (...of) => ({ ...finding(...of), mind: true });
const wrong = (...of) => ({ ...finding(...of), wrong: true });

// canCheck tells whether this browser computes: it does so at secure addresses alone.
export const canCheck = () => Boolean(globalThis.crypto?.subtle);

const bytes = (text) => new TextEncoder().encode(text);

// check gives the findings (parts/findings.js) on a queue: its seed and commitment, number
// of the buyer where there is a place, and what this browser has seen before, or null.
export async function check({ sale, buyer, number, seed, commitment, seen }) {
  const key = bytesOf(seed);
  if (key?.length !== 32) return [wrong('commitment', 'none')];
  const findings = [await committed(sale, key, commitment)];
  if (seen) findings.push(seen.commitment === commitment ? finding('seen', 'good', { at: seen.at }) : wrong('seen', 'other', { at: seen.at, commitment: String(seen.commitment) }));
  if (number) findings.push(await numbered(sale, buyer, key, number));
  return findings;
}

async function committed(sale, key, commitment) {
  const hash = await crypto.subtle.digest('SHA-256', Uint8Array.of(...bytes(`${rule}\n${sale}\n`), ...key));
  const made = hexOf(new Uint8Array(hash));
  return made === commitment ? finding('commitment', 'good') : wrong('commitment', 'other', { made, commitment: String(commitment) });
}

async function numbered(sale, buyer, key, number) {
  if (number >= late) return mind('number', 'late');
  const hmac = await crypto.subtle.importKey('raw', key, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  const first = new Uint8Array(await crypto.subtle.sign('HMAC', hmac, bytes(`${rule}\n${sale}\n${buyer}`))).subarray(0, 8);
  first[0] &= 0x3f;
  const made = hexOf(first);
  return made === number ? finding('number', 'good', { number }) : wrong('number', 'other', { made, number });
}
