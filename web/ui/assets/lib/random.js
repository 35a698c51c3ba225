import { hexOf } from './hex.js';

// randomKey is a name that nobody else has and nobody guesses: 32 hexadecimal digits.
export const randomKey = () => hexOf(crypto.getRandomValues(new Uint8Array(16)));
