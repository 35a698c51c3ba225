// The entry of who looks at a draw, with what its hash is made of.

import { asBuyer, signedOut, signIn } from '../lib/session.js';
import { subject } from '../lib/subject.js';

// ownEntry gives it, or null: who is not signed in, or has not entered, has none.
export async function ownEntry(sale) {
  if (signedOut.value) return null;
  try {
    const { sku, salt, hash } = await asBuyer(`/api/v1/sales/${sale}/draw/entries`);
    return { sku, salt, hash, buyer: subject(await signIn()) };
  } catch { return null; }
}
