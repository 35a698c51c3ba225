package gate

import (
	"crypto/tls"
	"errors"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// ClientOptions says where Redis is.
type ClientOptions struct {
	// Addrs are "host:port": one for a single server, several for a cluster.
	Addrs []string
	// Username and Password of the ACL user; empty where none is needed.
	Username, Password string
	// TLS is nil for a plain connection.
	TLS *tls.Config
	// PoolSize is the most connections per server; 0 means 10 per CPU.
	PoolSize int
	// DialTimeout bounds the making of a connection; 0 means 2 s.
	DialTimeout time.Duration
}

// NewClient makes a client as the gate needs it: it never sends a command again
// by itself, and it keeps to the deadlines of contexts.
func NewClient(o ClientOptions) redis.UniversalClient {
	if o.DialTimeout <= 0 {
		o.DialTimeout = 2 * time.Second
	}
	return redis.NewUniversalClient(&redis.UniversalOptions{
		Addrs:                 o.Addrs,
		Username:              o.Username,
		Password:              o.Password,
		TLSConfig:             o.TLS,
		PoolSize:              o.PoolSize,
		DialTimeout:           o.DialTimeout,
		DialerRetries:         1,
		Protocol:              2,
		MaxRetries:            -1,
		ContextTimeoutEnabled: true,
		DisableIdentity:       true,
		MaintNotificationsConfig: &maintnotifications.Config{
			Mode: maintnotifications.ModeDisabled,
		},
	})
}

// checkClient finds the settings that would break what the gate promises.
func checkClient(c redis.UniversalClient) error {
	switch c := c.(type) {
	case nil:
		return errors.New("is required")
	case *redis.Client:
		if o := c.Options(); o.MaxRetries > 0 || !o.ContextTimeoutEnabled {
			return errors.New("must have MaxRetries -1 and ContextTimeoutEnabled; NewClient makes one")
		}
	case *redis.ClusterClient:
		if o := c.Options(); !o.ContextTimeoutEnabled {
			return errors.New("must have ContextTimeoutEnabled; NewClient makes one")
		}
	}
	return nil
}
