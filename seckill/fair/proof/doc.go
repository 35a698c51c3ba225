// Package proof checks a draw from what is published about it, and from nothing else. It
// shares no code with the service's own: it is written from the rule (docs/fairness.md),
// as anybody else's would be.
package proof
