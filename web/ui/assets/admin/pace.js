// How fast it goes, and whether the way to SQL keeps up.

import { html } from '../lib/html.js';
import { number, t } from '../lib/i18n.js';
import { Tile } from './tile.js';

const ms = (v) => (v === null || v === undefined ? '–' : v === Infinity ? '> 10 s' : v >= 1000 ? `≤ ${number(v / 1000)} s` : `≤ ${number(v)} ms`);
const perSecond = (v) => number(Math.round(v ?? 0));

export function Pace({ reading, now }) {
  const loaded = reading.in_flight_limit !== undefined;
  const full = loaded && reading.orders_in_flight >= 0.8 * reading.in_flight_limit;
  return html`<dl class="tiles">
    <${Of} name="attempts" value=${perSecond((now.acceptedRate ?? 0) + (now.refusedRate ?? 0))} unit=${t('admin.per_second')} />
    <${Of} name="accepted" value=${perSecond(now.acceptedRate)} unit=${t('admin.per_second')} />
    <${Of} name="refused" value=${perSecond(now.refusedRate)} unit=${t('admin.per_second')} />
    <${Of} name="latency" value=${ms(now.p50)} unit=${t('admin.p99', { p99: ms(now.p99) })} />
    <${Of} name="backlog" value=${loaded ? number(reading.orders_in_flight) : '–'} unit=${loaded ? t('admin.of_limit', { n: reading.in_flight_limit }) : ''} bad=${full} />
    <${Of} name="lag" value=${loaded ? t('admin.seconds', { n: Math.round(reading.lag_seconds * 10) / 10 }) : '–'} unit=${reading.settle_rate ? t('admin.settled_rate', { n: Math.round(reading.settle_rate) }) : ''} bad=${reading.lag_seconds > 5} />
  </dl>`;
}

const Of = (props) => html`<${Tile} label=${t(`admin.tile.${props.name}`)} ...${props} />`;
