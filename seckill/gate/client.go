package gate

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// ClientOptions says where Redis is.
type ClientOptions struct {
	// Addrs are "host:port": one for a single server, several for a cluster; those
	// of the sentinels where MasterName is set.
	Addrs []string
	// MasterName is the name under which the sentinels know the primary. Empty:
	// there are none.
	MasterName string
	// SentinelUsername and SentinelPassword of the sentinels themselves; empty
	// where none is needed.
	SentinelUsername, SentinelPassword string
	// Username and Password of the ACL user; empty where none is needed.
	Username, Password string
	// Dial makes the connections; nil goes over the network to Addrs. Not for
	// sentinels.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	// TLS is nil for a plain connection.
	TLS *tls.Config
	// PoolSize is the most connections per server; 0 means 10 per CPU.
	PoolSize int
	// DialTimeout bounds the making of a connection; 0 means 2 s. Before it comes
	// the question to a sentinel, where MasterName is set.
	DialTimeout time.Duration
}

const (
	defaultDialTimeout = 2 * time.Second
	readTimeout        = 5 * time.Second
)

// NewClient makes a client as the gate needs it: it never sends a command again
// that may have been run, it keeps to the deadlines of contexts, and it never reads
// from a replica. With sentinels it follows the primary that they name, in a cluster
// the masters.
func NewClient(o ClientOptions) redis.UniversalClient {
	options := clientOptions(o)
	if o.MasterName == "" && len(o.Addrs) > 1 {
		return newClusterClient(options.Cluster())
	}
	return redis.NewUniversalClient(options)
}

func clientOptions(o ClientOptions) *redis.UniversalOptions {
	if o.DialTimeout <= 0 {
		o.DialTimeout = defaultDialTimeout
	}
	options := &redis.UniversalOptions{
		Addrs:                 o.Addrs,
		MasterName:            o.MasterName,
		SentinelUsername:      o.SentinelUsername,
		SentinelPassword:      o.SentinelPassword,
		Username:              o.Username,
		Password:              o.Password,
		Dialer:                o.Dial,
		TLSConfig:             o.TLS,
		PoolSize:              o.PoolSize,
		DialTimeout:           o.DialTimeout,
		ReadTimeout:           readTimeout,
		DialerRetries:         1,
		Protocol:              2,
		MaxRetries:            -1,
		ContextTimeoutEnabled: true,
		DisableIdentity:       true,
		MaintNotificationsConfig: &maintnotifications.Config{
			Mode: maintnotifications.ModeDisabled,
		},
	}
	if o.MasterName != "" {
		options.OnConnect = refuseReplica
		options.Dialer = redis.NewDialer(&redis.Options{DialTimeout: o.DialTimeout, TLSConfig: o.TLS})
		// The client leaves a sentinel that hangs only when the reading of its
		// answer times out before the whole does.
		options.DialTimeout = readTimeout + o.DialTimeout
	}
	return options
}

// refuseReplica closes a new connection to a server that was demoted: for a moment, a
// sentinel may still name the old primary. It is called for connections to sentinels
// as well, whose role is neither.
func refuseReplica(ctx context.Context, conn *redis.Conn) error {
	hello, err := conn.Hello(ctx, 2, "", "", "").Result()
	if err != nil {
		return fmt.Errorf("ask for the role of the server: %w", err)
	}
	if role := hello["role"]; role != nil && role != "master" {
		return fmt.Errorf("the server is a %v, not the primary", role)
	}
	return nil
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
