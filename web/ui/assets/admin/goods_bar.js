// Where the units of goods are, the sold ones included.

import { html } from '../lib/html.js';
import { UnitsBar } from './units_bar.js';

export const places = ['available', 'reserved', 'allotted', 'sold'];

export const GoodsBar = ({ goods }) => html`<${UnitsBar} parts=${places} of=${goods} all=${goods.on_hand + goods.sold} />`;
