// A turn: what tells a buyer of it who does something else meanwhile.

import { tick } from '../lib/clock.js';
import { clockText } from '../lib/format.js';
import { html, useComputed, useEffect, useRef } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { markTitle } from '../lib/router.js';
import { bell } from '../buyer/returns.js';

// useTurn marks the title while it is the buyer's turn. When it comes it leads the focus to
// what is bought and, where the buyer wants that, makes a sound.
export function useTurn(on, loud) {
  const before = useRef(null);
  useEffect(() => {
    if (!on) return undefined;
    const came = before.current === false;
    if (came) {
      document.querySelector('.turn').focus(); // the button is next: one who types does not press it unawares
      if (loud.value) bell.ring();
    }
    const word = t('queue.turn');
    let shown = true;
    const show = () => { markTitle(shown ? word : '●'); };
    // It flashes for who looks at another tab alone.
    const timer = setInterval(() => { shown = !document.hidden || !shown; show(); }, 1_000);
    show();
    return () => { clearInterval(timer); markTitle(''); };
  }, [on]);
  useEffect(() => { before.current = on; }, [on]);
}

// TurnLeft counts the turn down, above the button.
export function TurnLeft({ until }) {
  const left = useComputed(() => clockText(Date.parse(until) - tick.value));
  return html`<p class="turn" tabindex="-1"><b>${t('queue.turn')}</b> <span role="timer" aria-live="off" data-testid="turn-left">${t('queue.turn.left')} <b class="num">${left}</b></span></p>`;
}
