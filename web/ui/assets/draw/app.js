// How a sale's units were drawn: what is published of it, and a check of all of that. It is
// a page of its own, since a crowd that enters need not load it.

import { html, render } from '../lib/html.js';
import { sync } from '../lib/clock.js';
import { t, useTexts } from '../lib/i18n.js';
import { keepTo, path } from '../lib/router.js';
import { start } from '../lib/session.js';
import { Header } from '../parts/header.js';
import en from '../texts/en.js';
import zh from '../texts/zh.js';
import drawEn from '../texts/draw_en.js';
import drawZh from '../texts/draw_zh.js';
import { DrawView } from './view.js';

useTexts({ en, zh });
useTexts({ en: drawEn, zh: drawZh });

const address = /^\/sales\/([0-9]+)\/draw$/;
keepTo(address);

const icon = document.querySelector('link[rel=icon]').getAttribute('href');

function App() {
  return html`
    <a class="skip" href="#main">${t('skip')}</a>
    <header class="bar"><${Header} icon=${icon} /></header>
    <main id="main" tabindex="-1"><${DrawView} id=${address.exec(path.value)[1]} /></main>`;
}

sync();
start();
const root = document.getElementById('app');
root.replaceChildren();
render(html`<${App} />`, root);
