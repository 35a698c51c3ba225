// Preact, htm and signals under one roof, so that a component has one import.

import { h, render } from '../vendor/preact.js';
import htm from '../vendor/htm.js';

export { render };
export { useEffect, useLayoutEffect, useMemo, useRef, useState } from '../vendor/hooks.js';
export { batch, computed, effect, signal, untracked, useComputed, useSignal, useSignalEffect } from '../vendor/signals.js';

// html`<p class="x">${text}</p>` makes elements; text always goes in as text,
// never as markup.
export const html = htm.bind(h);
