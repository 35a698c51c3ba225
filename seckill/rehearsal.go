package seckill

import "strings"

// RehearsalKeyPrefix begins the Key of a sale that is a rehearsal: a copy of a
// sale at which a simulated crowd buys. No operator can give a sale such a key, no
// buyer sees one, and a worker removes it once it is over.
const RehearsalKeyPrefix = "rehearsal:"

// RehearsalKey is the key of the one rehearsal that there may be at a time: the
// uniqueness of keys is what keeps a second one out.
const RehearsalKey = RehearsalKeyPrefix + "running"

// Rehearsal tells whether the sale is one.
func (s *Sale) Rehearsal() bool { return strings.HasPrefix(s.Key, RehearsalKeyPrefix) }
