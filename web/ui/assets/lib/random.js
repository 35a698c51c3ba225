// randomKey is a name that nobody else has and nobody guesses: 32 hexadecimal digits.
export const randomKey = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, '0')).join('');
