// A link to another view of this page.

import { html } from '../lib/html.js';
import { onLink } from '../lib/router.js';
import { Icon } from './icon.js';

export function Link({ to, children, ...rest }) {
  return html`<a href=${to} onClick=${onLink} ...${rest}>${children}</a>`;
}

export function Back({ to, children }) {
  return html`<${Link} to=${to} class="back"><${Icon} name="back" />${children}<//>`;
}
