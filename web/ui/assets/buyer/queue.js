// The page of a sale with a queue. It is loaded by who comes to one: most sales have none.

import { html, useEffect, useSignal } from '../lib/html.js';
import { Problem } from '../lib/api.js';
import { Loading, Trouble } from '../parts/notice.js';

const address = new URL('../queue/app.js', import.meta.url); // beside this page's own script

export function QueueSale(props) {
  const part = useSignal(null);
  const problem = useSignal(null);
  useEffect(() => {
    import(address).then((loaded) => { part.value = loaded; }, () => { problem.value = new Problem('network'); });
  }, []);
  if (problem.value) return html`<${Trouble} problem=${problem.value} again=${() => location.reload()} />`;
  return part.value ? html`<${part.value.QueueSale} ...${props} />` : html`<${Loading} />`;
}
