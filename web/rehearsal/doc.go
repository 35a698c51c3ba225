// Package rehearsal lets a simulated crowd buy at a copy of a sale, so that a shop sees
// before the day what its sale does. Operators begin it and end it; its calls are
// theirs.
//
// It is a package of its own, and no part of web/operator, since it is a client: its
// crowd takes the whole way that buyers and payment providers take, through the handler
// of this process, and knows no more of how they are served. Of the operators' side it
// needs two steps alone, in Operators.
//
// Invariants:
//
//   - nobody but its crowd sees a rehearsal's sale, and its buyers are none of the shop's;
//   - there is one at a time, whatever processes there are;
//   - it clears nothing away by itself. The copy ends by its window like any sale, and a
//     worker removes a rehearsal that is over, whoever made it and however that ended.
package rehearsal
