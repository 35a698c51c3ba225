// Asks before something is done that buyers will feel, and shows why it failed.

import { html, useState } from '../lib/html.js';
import { announce } from '../lib/announce.js';
import { t } from '../lib/i18n.js';
import { Dialog } from '../parts/dialog.js';
import { told } from './problem.js';

// Act is a button that does something once it was confirmed: title and text say what
// will happen. children, if any, gives a part of the form, which run gets; it is handed
// what is wrong at its fields.
export function Act({ label, title, text, run, done, main = false, testid, fields, children }) {
  const [open, setOpen] = useState(false);
  const id = `confirm-${testid}`;
  return html`<button type="button" class=${`button small ${main ? 'main' : ''}`} data-testid=${testid} onClick=${() => setOpen(true)}>${label}</button>
    <${Dialog} open=${open} onClose=${() => setOpen(false)} labelledby=${id}>
      <${Question} ...${{ id, label, title, text, run, done, testid, fields, children, close: () => setOpen(false) }} />
    <//>`;
}

function Question({ id, label, title, text, run, done, testid, fields, children, close }) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(null);
  const wrong = told(problem, fields);
  async function submit(event) {
    event.preventDefault();
    const form = event.currentTarget;
    setBusy(true);
    try {
      const result = await run(form.elements);
      close();
      announce(t('admin.done', { what: label }));
      done?.(result);
    } catch (p) {
      setProblem(p);
      setBusy(false);
    }
  }
  return html`<form class="form" onSubmit=${submit}>
    <h2 id=${id}>${title}</h2>
    ${text && html`<p class="soft">${text}</p>`}
    ${children?.(wrong.at)}
    <p class="error" role="alert">${wrong.rest}</p>
    <div class="actions">
      <button class="button main" disabled=${busy} data-testid=${`${testid}-confirm`}>${label}</button>
      <button type="button" class="button" onClick=${close}>${t('admin.cancel')}</button>
    </div>
  </form>`;
}
