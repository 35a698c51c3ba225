// Checks a draw beside the page, which stays alive meanwhile. It is asked
// {sale, own, seen} (check.js), and says {doing, share} again and again, then {findings},
// or {problem} where the proof could not be had, or {line} where it cannot be read.

import { check } from './check.js';
import { makeProof, Malformed } from './proof.js';

addEventListener('message', async ({ data }) => {
  let proof;
  try {
    proof = await load(data.sale);
  } catch (error) {
    postMessage(error instanceof Malformed ? { line: error.line } : { problem: error.code ?? 'network' });
    return;
  }
  try {
    postMessage({ findings: check(proof, { ...data, progress: tell }) });
  } catch {
    postMessage({ line: 1 }); // what it says of the draw is not of the form that it should have
  }
});

const tell = (doing, share) => postMessage({ doing, share });

async function load(sale) {
  const response = await fetch(`/api/v1/sales/${sale}/draw/proof`, { credentials: 'omit', cache: 'no-store' });
  if (!response.ok) throw await response.json().catch(() => ({ code: 'unavailable' }));
  const proof = makeProof();
  const reader = response.body.getReader();
  for (let told = 0; ;) {
    const { done, value } = await reader.read();
    if (done) break;
    proof.read(value);
    if (proof.count - told >= 20_000) {
      told = proof.count;
      tell('reading', Math.min(1, told / (proof.doc.commitment?.entries || told)));
    }
  }
  proof.end();
  return proof;
}
