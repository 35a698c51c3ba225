// Times of a draw, to the second and with their zone: what was first is what matters.

import { computed } from '../lib/html.js';
import { locale } from '../lib/i18n.js';

const form = computed(() => new Intl.DateTimeFormat(locale.value, { dateStyle: 'medium', timeStyle: 'long' }));

export const exact = (time) => form.value.format(new Date(time));
