// Package webtest gives the tests of package web, and of those below it, what they
// share: a server on which everything is mounted as cmd/seckill mounts it, on stubs
// (StubConfig) or on a real gate and ledger (NewShop), and calls that are held against
// the contract.
package webtest
