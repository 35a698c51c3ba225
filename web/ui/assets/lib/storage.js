// What a page remembers. Where storage is forbidden it still works, until it is left.

const memory = new Map();

export const perTab = () => sessionStorage;
export const perBrowser = () => localStorage;

export function load(storage, key) {
  try { return storage().getItem(key); } catch { return memory.get(key) ?? null; }
}

// save keeps a text; null forgets it.
export function save(storage, key, value) {
  try {
    if (value === null) storage().removeItem(key);
    else storage().setItem(key, value);
  } catch {
    if (value === null) memory.delete(key);
    else memory.set(key, value);
  }
}
