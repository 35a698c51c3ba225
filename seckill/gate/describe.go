package gate

import (
	"context"
	"strings"

	"github.com/redis/go-redis/v9"
)

// Server is what a Redis server says of itself.
type Server struct {
	// Version, and Mode: standalone, cluster or sentinel.
	Version, Mode string
	// Settings are those that decide what is lost with the server. One that the user
	// may not read is left out.
	Settings map[string]string
}

// describedSettings are read by Describe.
var describedSettings = []string{"appendonly", "appendfsync", "maxmemory-policy", "min-replicas-to-write"}

// Describe reads what the server says of itself; of a cluster, any one of its
// servers.
func (g *Gate) Describe(ctx context.Context) (Server, error) {
	var info *redis.StringCmd
	settings := make([]*redis.MapStringStringCmd, len(describedSettings))
	err := g.withTimeout(ctx, func(ctx context.Context) error {
		// Each by itself: a user may be allowed the one and not the other.
		if info = g.cfg.Client.Info(ctx, "server"); info.Err() != nil {
			return info.Err()
		}
		for i, name := range describedSettings {
			settings[i] = g.cfg.Client.ConfigGet(ctx, name)
		}
		return nil
	})
	if err != nil {
		return Server{}, readFailed(err)
	}
	fields := infoFields(info.Val())
	s := Server{Version: fields["redis_version"], Mode: fields["redis_mode"], Settings: map[string]string{}}
	for i, name := range describedSettings {
		if value, told := settings[i].Val()[name]; told && settings[i].Err() == nil {
			s.Settings[name] = value
		}
	}
	return s, nil
}

func infoFields(text string) map[string]string {
	fields := make(map[string]string)
	for line := range strings.Lines(text) {
		if name, value, found := strings.Cut(strings.TrimSpace(line), ":"); found {
			fields[name] = value
		}
	}
	return fields
}
