// Package testkit gives tests what they share: real servers, a clock that they
// move, a network that they break, a browser.
//
// The servers are those of scripts/services.sh: their addresses are read from
// SECKILL_TEST_REDIS_ADDR, SECKILL_TEST_REDIS_PASSWORD,
// SECKILL_TEST_RABBITMQ_URL and SECKILL_TEST_MYSQL_DSN, else asked from the set
// in the repository if that is up. A test that finds no server is skipped, with
// a line that says what to run; under SECKILL_TEST_REQUIRE_SERVICES=1, which
// `make test` sets, it fails instead.
//
// Tests share the servers, so each works under a prefix or in a database of its
// own. One that stops a server takes a set of its own: ServiceSet.
package testkit
