package testkit

import (
	"testing"

	"github.com/redis/go-redis/v9"
)

// Redis gives the shared Redis server and a key prefix of the test's own. Keys
// under the prefix are deleted when the test ends.
func Redis(t testing.TB) (addr, password, prefix string) {
	t.Helper()
	addr, password, prefix = service(t, envRedisAddr), lookup(envRedisPassword), randomName()
	t.Cleanup(func() { deleteKeys(t, addr, password, prefix) })
	return addr, password, prefix
}

func deleteKeys(t testing.TB, addr, password, prefix string) {
	ctx, cancel := cleanupContext(t)
	defer cancel()
	client := redis.NewClient(&redis.Options{Addr: addr, Password: password})
	defer client.Close()
	keys := client.Scan(ctx, 0, prefix+"*", 1000).Iterator()
	for keys.Next(ctx) {
		if err := client.Unlink(ctx, keys.Val()).Err(); err != nil {
			t.Errorf("delete a key of the test: %v", err)
		}
	}
	if err := keys.Err(); err != nil {
		t.Errorf("delete the keys of the test: %v", err)
	}
}
