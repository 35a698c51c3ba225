// What parts that are loaded later take from this page, so that there is one of each.

export { announce } from '../lib/announce.js';
export { backoff } from '../lib/api.js';
export { now, tick } from '../lib/clock.js';
export { clockText } from '../lib/format.js';
export { bytesOf, hexOf } from '../lib/hex.js';
export { html, signal, useComputed, useEffect, useMemo, useRef, useSignal } from '../lib/html.js';
export { number, t, useTexts } from '../lib/i18n.js';
export { problemText } from '../lib/problem.js';
export { markTitle } from '../lib/router.js';
export { keepFirst, seenBefore } from '../lib/seen.js';
export { asBuyer, buyer, signedOut, signIn } from '../lib/session.js';
export { read, sleepOrOnline } from '../lib/stream.js';
export { zoned } from '../lib/zoned.js';
export { Dialog } from '../parts/dialog.js';
export { Icon } from '../parts/icon.js';
export { Link } from '../parts/link.js';
export { BuyArea } from './buy_area.js';
export { ItemChoice, ItemFacts } from './buy_box.js';
export { Gallery } from './gallery.js';
export { bell } from './returns.js';
export { Hero } from './sale_hero.js';
export { firstChoice, useBuying } from './use_buying.js';
