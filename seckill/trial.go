package seckill

import "strings"

// A trial is a sale that is none of the shop's: a rehearsal, or what a load
// generator buys from. It takes the way of any other sale, no list shows it to
// buyers, and a worker removes it once it is over.
const (
	// RehearsalKeyPrefix begins the Key of a rehearsal: a copy of a sale at which a
	// simulated crowd buys. No operator can give a sale such a key, and nobody but
	// the crowd can see one.
	RehearsalKeyPrefix = "rehearsal:"
	// BenchKeyPrefix begins the Key of a sale that a load generator made for its run.
	// Its buyers come from outside, so whoever knows its id can see it.
	BenchKeyPrefix = "bench:"
)

// What tells buyers that seckill makes for trials from customers. Only they may have a
// name that begins so, and only with the claim in their token: a login signs whatever
// name a customer gave himself, and never the claim.
const (
	TrialBuyerPrefix = "seckill:"
	TrialClaim       = "seckill_trial"
)

// TrialBuyer tells whether a name is one that no customer can have.
func TrialBuyer(name string) bool { return strings.HasPrefix(name, TrialBuyerPrefix) }

// RehearsalKey is the key of the one rehearsal that there may be at a time: the
// uniqueness of keys is what keeps a second one out.
const RehearsalKey = RehearsalKeyPrefix + "running"

// Rehearsal tells whether the sale is one.
func (s *Sale) Rehearsal() bool { return strings.HasPrefix(s.Key, RehearsalKeyPrefix) }

// Bench tells whether the sale was made for the run of a load generator.
func (s *Sale) Bench() bool { return strings.HasPrefix(s.Key, BenchKeyPrefix) }

// Trial tells whether the sale is a rehearsal or a load generator's.
func (s *Sale) Trial() bool { return s.Rehearsal() || s.Bench() }
