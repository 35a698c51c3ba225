// A day and a time with the zone that they are told in: who reads them may not be
// where the shop is.

import { when } from './format.js';
import { computed } from './html.js';
import { has, locale, t } from './i18n.js';

const here = `zone.${new Intl.DateTimeFormat().resolvedOptions().timeZone}`;
const zones = computed(() => new Intl.DateTimeFormat(locale.value, { timeZoneName: 'short' }));
const zone = (at) => zones.value.formatToParts(at).find((p) => p.type === 'timeZoneName').value;

export const zoned = (iso) => t('time.zoned', { time: when(iso), zone: has(here) ? t(here) : zone(new Date(iso)) });
