// What a check has found, one thing a line.

import { html } from '../lib/html.js';
import { Icon } from './icon.js';

// A finding is {check, says, values}, with wrong where something is, and mind where a person
// has to know something beside it. name, is and say give the words of what was looked at, of
// how it is (good, mind or wrong), and of the finding.
export function Findings({ findings, name, is, say }) {
  return html`<ul class="findings" data-testid="findings">${findings.map((f) => html`<li key=${f.check} data-check=${f.check} data-wrong=${f.wrong ? '' : undefined} data-mind=${f.mind ? '' : undefined}>
    <${Icon} name=${f.wrong ? 'cross' : f.mind ? 'alert' : 'check'} />
    <div><b>${name(f)}</b> <span class="unseen">${is(f.wrong ? 'wrong' : f.mind ? 'mind' : 'good')}</span><p>${say(f)}</p></div></li>`)}</ul>`;
}
