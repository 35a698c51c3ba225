// An operator shows the admin token. It is kept for this tab alone.

import { html, useEffect, useState } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { operator, refused, signIn } from './api.js';
import { adminProblem, waitSeconds } from './problem.js';

// useWait counts down the seconds until the server takes another try.
function useWait(problem) {
  const [left, setLeft] = useState(0);
  useEffect(() => {
    if (problem?.code !== 'rate_limited') return setLeft(0);
    const end = performance.now() + 1000 * waitSeconds(problem);
    const look = () => setLeft(Math.max(0, Math.ceil((end - performance.now()) / 1000)));
    look();
    const timer = setInterval(look, 250);
    return () => clearInterval(timer);
  }, [problem]);
  return left;
}

export function SignIn() {
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState(false);
  const wait = useWait(problem);
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
  const says = wrong ? t('admin.token.wrong') : problem?.code === 'rate_limited' ? wait > 0 && t('admin.token.wait', { n: wait }) : problem && adminProblem(problem);
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
      <p class="error" role=${wait > 0 ? 'timer' : 'alert'} data-testid="sign-in-problem">${says}</p>
      <button class="button main" disabled=${busy || wait > 0} data-testid="admin-sign-in">${t('admin.sign_in')}</button>
    </form>
  </section>`;
}
