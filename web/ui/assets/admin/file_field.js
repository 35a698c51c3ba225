// A file that is chosen, or dropped, and sent as it is; and what is wrong with it.

import { html } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { adminProblem } from './problem.js';

const largest = 64 * 1024; // bytes of a request

// FileField hands over the file, {name, type, bytes}, or none and a problem: types are
// those of a body, by the ending of the name; kind and large say why another is not taken.
export function FileField({ types, kind, large, disabled, onChoose }) {
  async function choose(event) {
    const chosen = event.currentTarget.files[0];
    if (!chosen) return;
    const type = types[chosen.name.split('.').pop().toLowerCase()];
    if (type && chosen.size <= largest) onChoose({ name: chosen.name, type, bytes: await chosen.arrayBuffer() });
    else onChoose(null, { code: 'file', detail: type ? large : kind });
  }
  return html`<label for="file">${t('admin.import.file')}</label>
    <input id="file" type="file" accept=${Object.keys(types).map((ending) => `.${ending}`).join()} disabled=${disabled} data-testid="import-file" onChange=${choose} />`;
}

// Wrong says why a file is not taken, row by row where the server names them.
export function Wrong({ problem }) {
  const rows = problem.body?.errors ?? [];
  const text = problem.code === 'file' ? problem.detail : rows.length > 0 ? t('admin.import.wrong') : adminProblem(problem);
  return html`<div class="notice" role="alert" data-testid="import-problem"><p>${text}</p>
    ${rows.length > 0 && html`<ul class="plain">${rows.map((r, i) => html`<li key=${i}><b>${r.field}</b>: ${r.reason}</li>`)}</ul>`}</div>`;
}
