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
func EndSharedRedisCluster() { sharing.end() }

var sharing struct {
	sharedTest
	cluster *RedisCluster
}

// sharedTest stands for the test that was the first to ask, but what it makes outlives
// that test.
type sharedTest struct {
	testing.TB
	mu   sync.Mutex
	ends []func()
}

// end is the end of what was made; nothing is asked for after it.
func (s *sharedTest) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := len(s.ends) - 1; i >= 0; i-- {
		s.ends[i]()
	}
	s.ends = nil
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
