// A dialog that takes the keyboard while it is open and gives it back after.

import { html, useLayoutEffect, useRef } from '../lib/html.js';

// onClose is called also for Escape. What is in the dialog exists only while it
// is open, so that it begins anew each time.
export function Dialog({ open, onClose, labelledby, children }) {
  const node = useRef(null);
  useLayoutEffect(() => {
    if (open && !node.current.open) node.current.showModal();
    if (!open && node.current.open) node.current.close();
  }, [open]);
  return html`<dialog ref=${node} class="dialog" aria-labelledby=${labelledby} onClose=${onClose}>${open && children}</dialog>`;
}
