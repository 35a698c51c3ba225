// The program, what it stands on, and what that is worth.

import { html, useState } from '../lib/html.js';
import { has, t } from '../lib/i18n.js';
import { Icon } from '../parts/icon.js';
import { Loading } from '../parts/notice.js';
import { admin } from './api.js';
import { Trouble } from './problem.js';
import { moment } from './times.js';
import { useLoad } from './use_load.js';

export function System() {
  const { data, problem, again } = useLoad(() => admin('/system'), [], { every: 10_000 });
  if (!data) return problem ? html`<${Trouble} problem=${problem} again=${again} />` : html`<${Loading} />`;
  const p = data.program;
  return html`<div class="view"><div><h1>${t('admin.system')}</h1>
      <p class="lead">${t('admin.system.program', { version: p.version, mode: t(`admin.mode.${p.mode}`), time: moment(p.started_at) })}</p></div>
    ${problem && html`<${Trouble} problem=${problem} again=${again} />`}
    ${data.warnings.length > 0 && html`<div class="notice"><ul class="plain">${data.warnings.map((w) => html`<li key=${w}>${w}</li>`)}</ul></div>`}
    <section class="card view"><h2>${t('admin.promises')}</h2><${Promises} list=${data.promises} /></section>
    <div class="parts">${data.parts.map((part) => html`<${Part} key=${part.name} part=${part} />`)}</div>
    <${Settings} settings=${data.settings} />
    <p class="soft mono">${p.process} · ${p.role} · ${p.go_version}${p.revision ? ` · ${p.revision.slice(0, 12)}` : ''}</p></div>`;
}

function Part({ part }) {
  const state = part.refuses ? 'refuses' : part.connected ? 'on' : part.problem ? 'off' : 'none';
  return html`<section class="card view" data-testid=${`part-${part.name}`} data-connected=${String(part.connected)}>
    <div class="head"><h2>${part.product === 'embedded' ? t(`admin.part.${part.name}`) : part.product} <span class="soft">${part.version}</span></h2>
      <span class="pill" data-stand=${{ on: 'good', off: 'wrong', refuses: 'wrong', none: 'over' }[state]}>${t(`admin.connected.${state}`)}</span></div>
    ${part.problem && html`<p class="error">${part.problem}</p>`}
    <${Promises} list=${part.promises} />
    ${part.settings.length > 0 && html`<dl class="settings">${part.settings.map((s) => html`<div key=${s.name}><dt>${s.name}</dt><dd>${s.value}</dd></div>`)}</dl>`}
  </section>`;
}

// A promise has its sentence in each language under its code.
const Promises = ({ list }) => html`<ul class="promises">${list.map((p) => html`<li key=${p.code} data-weak=${p.weak ? '' : undefined}><${Icon} name=${p.weak ? 'alert' : 'check'} /><span>${has(`admin.promise.${p.code}`) ? t(`admin.promise.${p.code}`) : p.text}</span></li>`)}</ul>`;

// A source is a kind, and which of it: "env SECKILL_MODE".
function from(source) {
  const [kind, ...which] = source.split(' ');
  return has(`admin.source.${kind}`) ? [t(`admin.source.${kind}`), ...which].join(' ') : source;
}

function Settings({ settings }) {
  const [words, setWords] = useState('');
  const shown = settings.filter((s) => s.name.includes(words.trim().toLowerCase()));
  return html`<section class="card view"><div class="head"><h2>${t('admin.settings')}</h2>
      <input class="narrow" type="search" aria-label=${t('admin.settings.find')} placeholder=${t('admin.settings.find')} value=${words} onInput=${(e) => setWords(e.currentTarget.value)} /></div>
    <div class="table" tabindex="0" role="region" aria-label=${t('admin.settings')}><table class="lefts"><thead><tr><th scope="col">${t('admin.col.setting')}</th><th scope="col">${t('admin.col.value')}</th><th scope="col">${t('admin.col.source')}</th></tr></thead>
    <tbody>${shown.map((s) => html`<tr key=${s.name}><th scope="row" class="mono">${s.name}</th><td class="mono wrap">${s.value}</td><td class="soft">${from(s.source)}</td></tr>`)}</tbody></table></div></section>`;
}
