// Speaks to the server. Every failure is a Problem with a code to branch on.

const patience = 15_000; // ms for one answer

// Problem is what the server said (its problem+json), or one of this page's own
// codes: network (no answer came) and sign_in (nobody is signed in).
export class Problem extends Error {
  constructor(code, { status = 0, detail = '', retryAfter = 0, body = {} } = {}) {
    super(detail || code);
    Object.assign(this, { code, status, detail, retryAfter, body });
  }
}

// call sends JSON and gives JSON. A token goes into its header alone, never into
// an address. onAnswer is told when the answer has begun to arrive. A call that is
// early is the one that the page's header named, which the browser may have made
// already: it has to look the same, credentials and headers included.
export async function call(path, { method = 'GET', body, token, headers = {}, signal, onAnswer, early = false } = {}) {
  const response = await send(path, {
    method,
    credentials: early ? 'same-origin' : 'omit', // a shop's cookies are none of this service's business
    body: body === undefined ? undefined : JSON.stringify(body),
    headers: {
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      ...(token ? { Authorization: `Bearer ${token}` } : {}),
      ...headers,
    },
    signal: limited(signal),
  }, signal);
  onAnswer?.();
  if (response.status === 204) return null;
  const answer = await readJSON(response, signal);
  if (!response.ok) throw problemOf(response, answer);
  if (answer === undefined) throw new Problem('network');
  return answer;
}

async function send(path, init, signal) {
  try {
    return await fetch(path, init);
  } catch {
    signal?.throwIfAborted();
    throw new Problem('network');
  }
}

async function readJSON(response, signal) {
  try {
    return await response.json();
  } catch {
    signal?.throwIfAborted();
    return undefined; // an answer that broke off, or a proxy's own page
  }
}

export function problemOf(response, body) {
  const status = response.status;
  const fallback = status === 429 ? 'rate_limited' : status === 401 ? 'unauthorized' : status === 404 ? 'not_found' : status >= 500 ? 'unavailable' : 'internal';
  return new Problem(body?.code ?? fallback, {
    status,
    detail: body?.detail ?? '',
    retryAfter: 1000 * (Number(response.headers.get('Retry-After')) || 0),
    body: body ?? {},
  });
}

function limited(signal) {
  const timeout = AbortSignal.timeout(patience);
  if (!signal) return timeout;
  if (AbortSignal.any) return AbortSignal.any([signal, timeout]);
  const both = new AbortController();
  for (const one of [signal, timeout]) one.addEventListener('abort', () => both.abort(one.reason), { once: true });
  if (signal.aborted) both.abort(signal.reason);
  return both.signal;
}

// sleep ends early, with the signal's reason as an error, when it is aborted.
export function sleep(ms, signal) {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const stop = () => { clearTimeout(timer); reject(signal.reason); };
    const timer = setTimeout(() => { signal?.removeEventListener('abort', stop); resolve(); }, ms);
    signal?.addEventListener('abort', stop, { once: true });
  });
}

// backoff doubles from 400 ms to 10 s; a half of it is chance, so that a crowd
// does not come back together. Never earlier than the server asked for.
export function backoff(attempt, retryAfter = 0) {
  const step = Math.min(400 * 2 ** Math.min(attempt, 6), 10_000);
  return Math.max(retryAfter, step / 2) + Math.random() * step / 2;
}
