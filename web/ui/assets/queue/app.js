// What the page of a sale with a queue loads later (buyer/queue.js). All that the page has
// already comes from there (web/ui/bundle.go); what it has to export for that is in
// buyer/shared.js.

import { useTexts } from '../lib/i18n.js';
import en from '../texts/queue_en.js';
import zh from '../texts/queue_zh.js';

useTexts({ en, zh });

// Nothing is shown without its style; one that does not come is no reason to show nothing.
const style = document.createElement('link');
style.rel = 'stylesheet';
style.href = new URL('../style/queue.css', import.meta.url);
document.head.append(style);
await new Promise((resolve) => { style.onload = style.onerror = resolve; });

export { QueueSale } from './queue_sale.js';
