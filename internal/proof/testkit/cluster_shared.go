package testkit

import (
	"os"
	"sync"
	"testing"
)

// SharedRedisCluster gives the tests of a package one cluster, which they must leave
// whole, and each a key prefix of its own. EndSharedRedisCluster ends it.
func SharedRedisCluster(t testing.TB) (cluster *RedisCluster, prefix string) {
	t.Helper()
	if testing.Short() || os.Getenv(envRequire) != "1" {
		service(t, envRedisAddr)
	}
	sharing.mu.Lock()
	defer sharing.mu.Unlock()
	if sharing.cluster == nil {
		sharing.TB = t
		sharing.cluster = NewRedisCluster(&sharing)
	}
	return sharing.cluster, randomName()
}

// EndSharedRedisCluster is for the end of a TestMain.
func EndSharedRedisCluster() {
	sharing.mu.Lock()
	defer sharing.mu.Unlock()
	for i := len(sharing.ends) - 1; i >= 0; i-- {
		sharing.ends[i]()
	}
	sharing.ends, sharing.cluster = nil, nil
}

// sharing stands for the test that was the first to ask, but what it makes outlives
// that test.
var sharing sharedTest

type sharedTest struct {
	testing.TB
	mu      sync.Mutex
	cluster *RedisCluster
	ends    []func()
}

func (s *sharedTest) Cleanup(end func()) { s.ends = append(s.ends, end) }

func (s *sharedTest) TempDir() string {
	dir, err := os.MkdirTemp("", "seckill-cluster-")
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}
