// An operator shows the admin token. It is kept for this tab alone.

import { html, useState } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { operator, refused, signIn } from './api.js';
import { adminProblem } from './problem.js';

export function SignIn() {
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState(false);
  async function submit(event) {
    event.preventDefault();
    const { token, operator: name } = event.currentTarget.elements;
    setBusy(true);
    try {
      await signIn(token.value.trim(), name.value.trim());
    } catch (p) {
      setProblem(p);
      setBusy(false);
    }
  }
  const wrong = problem?.code === 'unauthorized' || (!problem && refused.value);
  return html`<section class="view sign-in card">
    <h1>${t('admin.title')}</h1>
    <p class="lead">${t('admin.sign_in.lead')}</p>
    <form class="form" onSubmit=${submit}>
      <label for="token">${t('admin.token')}</label>
      <input id="token" name="token" type="password" required autocomplete="current-password" aria-describedby="token-hint" data-testid="admin-token" />
      <p id="token-hint" class="soft">${t('admin.token.hint')}</p>
      <label for="operator">${t('admin.operator')}</label>
      <input id="operator" name="operator" maxlength="40" autocomplete="name" aria-describedby="operator-hint" value=${operator.value} data-testid="admin-operator" />
      <p id="operator-hint" class="soft">${t('admin.operator.hint')}</p>
      <p class="error" role="alert">${wrong ? t('admin.token.wrong') : problem && adminProblem(problem)}</p>
      <button class="button main" disabled=${busy} data-testid="admin-sign-in">${t('admin.sign_in')}</button>
    </form>
  </section>`;
}
