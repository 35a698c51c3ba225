// Who is buying, in the header; in a demo the name can be changed.

import { el, icon } from './dom.js';
import { buyer, isDemo, rename } from './session.js';
import { problemText, t } from './texts.js';

export function showSession(root, onChange) {
  if (!isDemo()) return;
  const name = el('span', { class: 'session-name', 'data-testid': 'buyer' }, buyer());
  const open = el('button', { type: 'button', class: 'chip', title: t.rename, 'aria-haspopup': 'dialog', 'data-testid': 'rename' },
    icon('user'), el('span', { class: 'unseen' }, `${t.buyer} `), name);
  const dialog = renameDialog(() => { name.textContent = buyer(); onChange(); });
  open.addEventListener('click', () => dialog.open());
  root.replaceChildren(open, dialog.node);
}

function renameDialog(onChange) {
  const input = el('input', { id: 'buyer-name', name: 'buyer', maxlength: 64, required: true, autocomplete: 'off', 'aria-describedby': 'buyer-hint', 'data-testid': 'buyer-name' });
  const wrong = el('p', { class: 'error', role: 'alert' });
  const node = el('dialog', { class: 'dialog', 'aria-labelledby': 'buyer-label' },
    el('form', { onsubmit: save },
      el('label', { for: 'buyer-name', id: 'buyer-label', class: 'dialog-title' }, t.nameLabel), input,
      el('p', { id: 'buyer-hint', class: 'soft' }, t.nameHint), wrong,
      el('div', { class: 'actions' },
        el('button', { class: 'button main', 'data-testid': 'buyer-save' }, t.nameSave),
        el('button', { type: 'button', class: 'button', onclick: () => node.close() }, t.nameCancel))));

  async function save(event) {
    event.preventDefault();
    try {
      await rename(input.value);
      node.close();
      onChange();
    } catch (problem) {
      wrong.textContent = problemText(problem);
    }
  }
  return {
    node,
    open() {
      input.value = buyer();
      wrong.textContent = '';
      node.showModal();
      input.select();
    },
  };
}
