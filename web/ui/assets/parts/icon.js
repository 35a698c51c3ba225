// Line icons, drawn on 24 by 24. They only repeat what a text beside them says.

import { html } from '../lib/html.js';

const paths = {
  check: 'M5 12.5 10 17.5 19 7',
  cross: 'M6.5 6.5 17.5 17.5M17.5 6.5 6.5 17.5',
  clock: 'M12 6.5V12l3.5 2.2M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0Z',
  back: 'M14.5 5.5 8 12l6.5 6.5',
  next: 'M9.5 5.5 16 12l-6.5 6.5',
  user: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8Zm-7.5 8.5c.6-4 3.6-6 7.5-6s6.9 2 7.5 6',
  bag: 'M6 8.5h12l1 11.5H5L6 8.5Zm3 2.5V7a3 3 0 0 1 6 0v4',
  globe: 'M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0ZM3.5 12h17M12 3c5 5 5 13 0 18-5-5-5-13 0-18Z',
  bell: 'M6 16.5V11a6 6 0 0 1 12 0v5.5l1.5 1.5h-15L6 16.5ZM10 20.5h4',
  money: 'M3.5 6.5h17v11h-17zM12 14.8a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6Z',
  alert: 'M12 4 21 19.5H3L12 4Zm0 6v4.5m0 2.6v.1',
};

export function Icon({ name }) {
  return html`<svg viewBox="0 0 24 24" class="icon" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"><path d=${paths[name]} /></svg>`;
}
