// Reads a proof as it comes: the draw as one line of JSON, then a line for each entry.
// It is kept in few large arrays: a draw may have a million entries.

const form = /^([0-9a-f]{64}) ([A-Za-z0-9][A-Za-z0-9._-]{0,63}) (-|[1-9][0-9]{0,6}) (-|offered|left|lapsed)$/;
const mostHead = 1 << 20; // characters
const most = 2_000_000; // entries

// What became of an entry, as far as it matters here.
export const notYet = 0;
export const offered = 1;
export const over = 2;
const states = { '-': notYet, offered };

// Malformed tells which line is not as it should be, counted from 1.
export class Malformed extends Error {
  constructor(line) {
    super(`line ${line}`);
    this.line = line;
  }
}

// makeProof has read() for a piece of the file, and end() for when all is there. Then doc is
// what the first line says, count how many entries there are, and of each entry hashes has
// its 32 bytes, ofItem the position of its SKU in items, ranks its rank (0: none), and
// states what became of it.
export function makeProof() {
  const proof = { doc: null, count: 0, items: [], hashes: new Uint8Array(32 * 4096), ofItem: new Uint32Array(4096), ranks: new Uint32Array(4096), states: new Uint8Array(4096) };
  const known = new Map(); // SKU → its position
  const decoder = new TextDecoder();
  let rest = '';

  function grow() {
    for (const name of ['hashes', 'ofItem', 'ranks', 'states']) {
      const larger = new proof[name].constructor(2 * proof[name].length);
      larger.set(proof[name]);
      proof[name] = larger;
    }
  }

  function head(line) {
    try { proof.doc = JSON.parse(line); } catch { throw new Malformed(1); }
    if (proof.doc === null || typeof proof.doc !== 'object') throw new Malformed(1);
  }

  function entry(line) {
    const found = form.exec(line);
    if (!found || proof.count === most) throw new Malformed(proof.count + 2);
    if (proof.count === proof.states.length) grow();
    const at = proof.count++;
    const [, hash, sku, rank, state] = found;
    for (let i = 0; i < 32; i++) proof.hashes[32 * at + i] = parseInt(hash.slice(2 * i, 2 * i + 2), 16);
    if (!known.has(sku)) known.set(sku, proof.items.push(sku) - 1);
    proof.ofItem[at] = known.get(sku);
    proof.ranks[at] = rank === '-' ? 0 : Number(rank);
    proof.states[at] = states[state] ?? over;
  }

  return Object.assign(proof, {
    read(piece) {
      const lines = (rest + decoder.decode(piece, { stream: true })).split('\n');
      rest = lines.pop();
      for (const line of lines) {
        if (proof.doc) entry(line);
        else head(line);
      }
      if (rest.length > mostHead) throw new Malformed(proof.doc ? proof.count + 2 : 1);
    },
    end() {
      if (rest !== '' || !proof.doc) throw new Malformed(proof.doc ? proof.count + 2 : 1);
    },
  });
}

// hashAt is the hash of one entry.
export const hashAt = (proof, i) => proof.hashes.subarray(32 * i, 32 * i + 32);

// compare orders two hashes.
export function compare(a, b) {
  for (let i = 0; i < 32; i++) if (a[i] !== b[i]) return a[i] - b[i];
  return 0;
}
