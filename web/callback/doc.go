// Package callback serves what payment providers call: the webhook by which they tell
// that money was moved.
//
// Invariants:
//
//   - nothing of a callback is looked at before its signature;
//   - it is answered 200 only after SQL has committed it, with all that must follow;
//     whatever stands against that is answered so that the provider sends it again;
//   - what anybody can send is counted, and is never a line in the log for each.
//
// It mounts itself at the door of package web that is for providers.
package callback
