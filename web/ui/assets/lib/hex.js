// Bytes as people compare them.

export const hexOf = (bytes) => Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');

// bytesOf reads hexadecimal digits; null where they are none.
export const bytesOf = (text) => (/^([0-9a-f]{2})+$/.test(text) ? Uint8Array.from(text.match(/../g), (two) => parseInt(two, 16)) : null);
