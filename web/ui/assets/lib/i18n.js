// The words of a page, in the reader's language. The texts themselves are in
// texts/, one file a language; a page hands them over with useTexts before it
// renders anything.

import { computed, effect, signal } from './html.js';
import { load, perBrowser, save } from './storage.js';

const key = 'seckill.language';

// Each with its own name, which its readers look for.
export const languages = { en: 'English', zh: '中文' };
const tags = { en: 'en', zh: 'zh-CN' };

function preferred() {
  const kept = load(perBrowser, key);
  if (kept in languages) return kept;
  const wanted = (navigator.languages ?? [navigator.language]).map((l) => l.slice(0, 2).toLowerCase());
  return wanted.find((l) => l in languages) ?? 'en';
}

export const language = signal(preferred());

// speak changes the language for this page and, on this device, for good.
export function speak(to) {
  save(perBrowser, key, to);
  language.value = to;
}
// A second tab that changes it changes it here too.
addEventListener('storage', (event) => { if (event.key === key && event.newValue in languages) language.value = event.newValue; });

// locale is how numbers and times are written: as the browser wants it, where it
// speaks the page's language, since there are many ways to write an English date.
export const locale = computed(() => (navigator.languages ?? []).find((l) => l.slice(0, 2).toLowerCase() === language.value && l.length > 2) ?? tags[language.value]);

effect(() => {
  document.documentElement.lang = tags[language.value];
  // The stand-in payment page is made by the server, which sees the choice there alone.
  if (load(perBrowser, key)) document.cookie = `${key}=${language.value}; path=/mock-pay/; max-age=31536000; samesite=lax`;
});

const shelves = [];

// useTexts adds texts: {en: {key: text}, zh: {key: text}}. It may be called often.
export function useTexts(texts) { shelves.push(texts); }

function find(lang, name) {
  for (const shelf of shelves) {
    const text = shelf[lang][name];
    if (text !== undefined) return text;
  }
  return undefined;
}

export const has = (name) => find('en', name) !== undefined;

// t gives a text by its name, with {values} filled in; numbers are written as the
// language does. A text with a count has a form for each of the language's
// plurals: 'items.one', 'items.other'. A component that calls t follows a change
// of language by itself.
export function t(name, values = {}) {
  const lang = language.value;
  const text = find(lang, name) ?? find(lang, `${name}.${plural(values.n ?? 0)}`) ?? find(lang, `${name}.other`) ?? name;
  return text.replace(/\{(\w+)\}/g, (_, v) => (typeof values[v] === 'number' ? number(values[v]) : values[v] ?? ''));
}

const plurals = computed(() => new Intl.PluralRules(tags[language.value]));
const plural = (n) => plurals.value.select(n);

const numbers = computed(() => new Intl.NumberFormat(locale.value));
export const number = (n) => numbers.value.format(n);
