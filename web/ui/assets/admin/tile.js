// One number, with its name and its unit.

import { html } from '../lib/html.js';

export const Tile = ({ name, label, value, unit, bad }) => html`<div class="tile" data-bad=${bad ? '' : undefined} data-testid=${`tile-${name}`}><dt>${label}</dt><dd><b class="num">${value}</b><span class="soft">${unit}</span></dd></div>`;
