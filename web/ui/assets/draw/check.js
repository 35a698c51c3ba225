// Recomputes all that can be of a draw, from what is published and nothing else. It shares
// no code with the service: it is written from the rule, as anybody else's check would be.
//
// A finding is {check, says, values}: the name of what was looked at, the name of a
// sentence, and its values. It has wrong where something is, and mind where a person has
// to know something beside it.

import { bytesOf, hexOf } from '../lib/hex.js';
import { sha256 } from '../vendor/noble.js';
import { chainOf, keyOf, signs, timeOf } from './beacon.js';
import { merkleRoot } from './merkle.js';
import { compare, hashAt, notYet, offered, over } from './proof.js';
import { inOrder } from './ranks.js';

const rule = 'seckill-draw-1';

const good = (check, says = 'good', values = {}) => ({ check, says, values });
const mind = (check, says, values = {}) => ({ check, says, values, mind: true });
const wrong = (check, says, values = {}) => ({ check, says, values, wrong: true });

// check gives the findings on a proof. sale is the one that it is to be of; own is
// {sku, buyer, salt, hash} of who looks, seen the commitment that this browser saw before
// the draw, each null where there is none. now is the time by which a round is due, in ms;
// progress is told what is done, and its share.
export function check(proof, { sale, own, seen, now, progress }) {
  const { doc } = proof;
  if (doc.rule !== rule) return [wrong('rule', 'other', { rule: String(doc.rule) })];
  if (doc.sale_id !== sale) return [wrong('rule', 'sale', { sale: String(doc.sale_id) })];
  if (!doc.commitment) return [wrong('commitment', 'none')];
  const findings = [list(proof), number(proof), commitment(proof, progress), round(doc), beacon(doc)];
  if (seen) findings.push(before(doc.commitment, seen));
  if (own) findings.push(ownEntry(proof, own));
  if (!doc.outcome) return [...findings, undrawn(proof, now)];
  findings.push(randomness(doc));
  if (findings.at(-1).wrong) return findings; // ranks by a number that anybody might have chosen say nothing
  return [...findings, ranks(proof, progress), turns(proof)];
}

function list(proof) {
  for (let i = 1; i < proof.count; i++) {
    const order = compare(hashAt(proof, i - 1), hashAt(proof, i));
    if (order === 0) return wrong('list', 'twice', { hash: hexOf(hashAt(proof, i)) });
    if (order > 0) return wrong('list', 'order', { hash: hexOf(hashAt(proof, i)), line: i + 2 });
  }
  return good('list');
}

function number({ count, doc, items, ofItem }) {
  const committed = doc.commitment.entries;
  if (count > committed) return wrong('number', 'added', { listed: count, committed, n: count - committed });
  if (count < committed) return wrong('number', 'dropped', { listed: count, committed, n: committed - count });
  if (doc.entries !== committed) return wrong('number', 'told', { told: doc.entries, committed });
  const listed = new Map(doc.items.map((it) => [it.sku, 0]));
  for (let i = 0; i < count; i++) listed.set(items[ofItem[i]], (listed.get(items[ofItem[i]]) ?? 0) + 1);
  for (const [sku, n] of listed) {
    const told = doc.items.find((it) => it.sku === sku)?.entries ?? 0;
    if (n !== told) return wrong('number', 'item', { sku, n, told });
  }
  return good('number', 'good', { n: count });
}

function commitment(proof, progress) {
  const root = hexOf(merkleRoot(proof, (share) => progress('tree', share)));
  return root === proof.doc.commitment.root ? good('commitment', 'good', { root }) : wrong('commitment', 'other', { root, committed: proof.doc.commitment.root });
}

// roundFor is the round to which a commitment of a time is: the planned one, unless half of
// what lies between the last entry and it has passed by then, and else the first one that
// is as far away as that was to be.
function roundFor({ beacon: source, planned_round: planned, entries_until: until }, committed) {
  const lead = timeOf(source, planned) - Date.parse(until);
  if (timeOf(source, planned) >= committed + lead / 2) return planned;
  const later = committed + lead;
  return Math.max(1, 1 + Math.ceil((later / 1000 - source.genesis_unix) / source.period_seconds));
}

function round(doc) {
  const { commitment: made, beacon: source, planned_round: planned } = doc;
  if (!Number.isSafeInteger(made.round) || made.round < 1 || !(source.period_seconds >= 1)) return wrong('round', 'none');
  const values = { round: String(made.round), planned: String(planned), at: timeOf(source, made.round), committed: Date.parse(made.committed_at) };
  if (!(values.committed >= Date.parse(doc.entries_until))) return wrong('round', 'open', values);
  if (!(values.at > values.committed)) return wrong('round', 'known', values);
  const rightly = roundFor(doc, values.committed);
  if (made.round !== rightly) return wrong('round', 'other', { ...values, rightly: String(rightly) });
  return made.round !== planned ? mind('round', 'late', values) : good('round', 'good', values);
}

function beacon(doc) {
  const chain = chainOf(doc.beacon);
  const say = { quicknet: good, false: wrong }[chain] ?? mind;
  return say('beacon', chain, { chain: doc.beacon.chain_hash });
}

const overdue = 5 * 60_000; // ms for which a round may be missing after its time

// undrawn: without an outcome nothing follows from it.
function undrawn({ doc, count, ranks: given, states }, now) {
  for (let i = 0; i < count; i++) if (given[i] !== 0 || states[i] !== notYet) return wrong('randomness', 'ranked');
  const values = { round: String(doc.commitment.round), at: timeOf(doc.beacon, doc.commitment.round) };
  if (doc.state === 'drawn') return wrong('randomness', 'missing', values);
  if (doc.state === 'void') return mind('randomness', 'void', values);
  return now > values.at + overdue ? wrong('randomness', 'overdue', values) : mind('randomness', 'coming', values);
}

function randomness({ state, beacon: source, commitment: made, outcome }) {
  const signature = bytesOf(outcome.signature);
  const key = keyOf(bytesOf(source.public_key));
  const values = { round: String(made.round) };
  if (state !== 'drawn') return wrong('randomness', 'early', { state: String(state) });
  if (!signature) return wrong('randomness', 'hex');
  if (!key) return wrong('randomness', 'key');
  if (!signs(key, made.round, signature)) return wrong('randomness', 'signature', values);
  return hexOf(sha256(signature)) === outcome.randomness ? good('randomness', 'good', values) : wrong('randomness', 'hash');
}

function ranks(proof, progress) {
  const next = new Uint32Array(proof.items.length);
  for (const i of inOrder(proof, bytesOf(proof.doc.outcome.randomness), (share) => progress('ranks', share))) {
    const rank = ++next[proof.ofItem[i]];
    if (proof.ranks[i] !== rank) {
      return wrong('ranks', 'other', { hash: hexOf(hashAt(proof, i)), rank, given: proof.ranks[i], sku: proof.items[proof.ofItem[i]] });
    }
  }
  return good('ranks', 'good', { n: proof.count });
}

// turns looks whether anybody had a turn before one of a better rank.
function turns(proof) {
  const skipped = proof.items.map(() => -1); // by item, the best rank whose turn has not come
  const last = proof.items.map(() => -1); // by item, the last rank that has had units
  let had = 0;
  for (let i = 0; i < proof.count; i++) {
    const item = proof.ofItem[i];
    if (proof.states[i] === offered) {
      had++;
      if (last[item] < 0 || proof.ranks[i] > proof.ranks[last[item]]) last[item] = i;
    } else if (proof.states[i] === notYet && (skipped[item] < 0 || proof.ranks[i] < proof.ranks[skipped[item]])) skipped[item] = i;
  }
  const passed = proof.items.findIndex((_, item) => last[item] >= 0 && skipped[item] >= 0 && proof.ranks[skipped[item]] < proof.ranks[last[item]]);
  if (passed < 0) {
    let left = 0;
    for (let i = 0; i < proof.count; i++) {
      const until = last[proof.ofItem[i]];
      if (proof.states[i] === over && until >= 0 && proof.ranks[i] < proof.ranks[until]) left++;
    }
    return left > 0 ? mind('turns', 'left', { offered: had, n: proof.count, left }) : good('turns', 'good', { offered: had, n: proof.count });
  }
  return wrong('turns', 'passed', { sku: proof.items[passed], rank: proof.ranks[last[passed]], before: proof.ranks[skipped[passed]], hash: hexOf(hashAt(proof, skipped[passed])) });
}

// ownEntry looks for the entry of who asks. Its hash is made anew of what it is made of.
function ownEntry(proof, { sku, buyer, salt, hash: said }) {
  const bytes = sha256(new TextEncoder().encode(`${rule}\n${proof.doc.sale_id}\n${sku}\n${buyer}\n${salt}\n`));
  const hash = hexOf(bytes);
  if (hash !== said) return wrong('own', 'changed', { hash, said: String(said) });
  for (let from = 0, to = proof.count; from < to;) {
    const i = (from + to) >> 1;
    const order = compare(hashAt(proof, i), bytes);
    if (order === 0 && proof.items[proof.ofItem[i]] !== sku) return wrong('own', 'item', { hash, sku: proof.items[proof.ofItem[i]] });
    if (order === 0) return proof.ranks[i] > 0 ? good('own', 'rank', { hash, rank: proof.ranks[i] }) : good('own', 'good', { hash });
    if (order < 0) from = i + 1;
    else to = i;
  }
  return wrong('own', 'missing', { hash });
}

// before compares with the commitment that this browser saw.
function before(made, seen) {
  const same = made.root === seen.root && made.round === seen.round && made.entries === seen.entries;
  return same ? good('seen', 'good', { at: seen.at }) : wrong('seen', 'other', { at: seen.at, root: seen.root, n: seen.entries, round: String(seen.round) });
}
