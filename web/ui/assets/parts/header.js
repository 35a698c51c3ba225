// The frame around every view: where one is, the language, and who is buying.

import { html, useLayoutEffect, useRef, useState } from '../lib/html.js';
import { language, languages, speak, t } from '../lib/i18n.js';
import { problemText } from '../lib/problem.js';
import { leaveForShop } from '../lib/hand_over.js';
import { buyer, demo, rename, signedOut } from '../lib/session.js';
import { path } from '../lib/router.js';
import { Dialog } from './dialog.js';
import { Icon } from './icon.js';
import { Link } from './link.js';

export function Header({ icon }) {
  return html`
    <${Link} to="/" class="brand" aria-label=${t('brand')}><img src=${icon} alt="" width="28" height="28" /><span>${t('brand')}</span><//>
    <nav class="bar-nav" aria-label=${t('nav')}>
      <${Link} to="/orders" class="bar-link" data-testid="my-orders" aria-current=${path.value === '/orders' ? 'page' : undefined}><${Icon} name="bag" /><span>${t('orders.title')}</span><//>
      <${LanguageSwitch} />
      ${demo.value && html`<${Buyer} />`}
      ${signedOut.value && html`<button type="button" class="chip" data-testid="sign-in" onClick=${() => leaveForShop({ asking: true })}><${Icon} name="user" /><span>${t('buyer.sign_in')}</span></button>`}
    </nav>`;
}

// LanguageSwitch offers the other language by its own name.
export function LanguageSwitch() {
  const names = Object.keys(languages);
  const other = names[(names.indexOf(language.value) + 1) % names.length];
  return html`<button type="button" class="bar-link" lang=${other} data-testid="language" onClick=${() => speak(other)}>
    <${Icon} name="globe" /><span>${languages[other]}</span></button>`;
}

function Buyer() {
  const [open, setOpen] = useState(false);
  return html`<button type="button" class="chip" title=${t('buyer.rename')} aria-haspopup="dialog" data-testid="rename" onClick=${() => setOpen(true)}>
      <${Icon} name="user" /><span class="unseen">${t('buyer.as')} </span><span class="chip-text" data-testid="buyer">${buyer}</span>
    </button>
    <${Dialog} open=${open} onClose=${() => setOpen(false)} labelledby="buyer-label"><${RenameForm} done=${() => setOpen(false)} /><//>`;
}

function RenameForm({ done }) {
  const [problem, setProblem] = useState(null);
  const input = useRef(null);
  useLayoutEffect(() => input.current.select(), []);
  async function submit(event) {
    event.preventDefault();
    try {
      await rename(event.currentTarget.elements.buyer.value);
      done();
    } catch (p) {
      setProblem(p);
    }
  }
  return html`<form class="form" onSubmit=${submit}>
    <label for="buyer-name" id="buyer-label" class="form-title">${t('buyer.label')}</label>
    <input id="buyer-name" name="buyer" maxlength="64" required autocomplete="off" aria-describedby="buyer-hint" data-testid="buyer-name"
      value=${buyer.value} ref=${input} />
    <p id="buyer-hint" class="soft">${t('buyer.hint')}</p>
    <p class="error" role="alert">${problem && problemText(problem)}</p>
    <div class="actions">
      <button class="button main" data-testid="buyer-save">${t('buyer.save')}</button>
      <button type="button" class="button" onClick=${done}>${t('buyer.keep')}</button>
    </div>
  </form>`;
}
