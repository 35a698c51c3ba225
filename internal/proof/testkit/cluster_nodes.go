package testkit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"
)

// Slot tells the slot of a key.
func (c *RedisCluster) Slot(key string) int {
	for i := range c.Addrs {
		var slot int64
		err := c.on(i, func(ctx context.Context, server *redis.Client) (err error) {
			slot, err = server.ClusterKeySlot(ctx, key).Result()
			return err
		})
		if err == nil {
			return int(slot)
		}
	}
	return -1
}

// Master tells which server takes itself for the master of a slot; -1 when none
// does that answers.
func (c *RedisCluster) Master(slot int) int {
	for i := range c.Addrs {
		if me, err := c.self(i); err == nil && me.is("master") && me.has(slot) {
			return i
		}
	}
	return -1
}

// Masters are the servers that take themselves for masters with slots.
func (c *RedisCluster) Masters() (masters []int) {
	for i := range c.Addrs {
		if me, err := c.self(i); err == nil && me.is("master") && len(me.slots) > 0 {
			masters = append(masters, i)
		}
	}
	return masters
}

// FailOver makes the replica of a master take its place, as for maintenance: nothing
// is lost by that.
func (c *RedisCluster) FailOver(master int) error {
	me, err := c.self(master)
	if err != nil {
		return err
	}
	for i := range c.Addrs {
		if other, err := c.self(i); err == nil && other.master == me.id {
			return c.on(i, func(ctx context.Context, s *redis.Client) error { return s.ClusterFailover(ctx).Err() })
		}
	}
	return fmt.Errorf("redis %s has no replica that answers", c.Addrs[master])
}

// IsReplica tells whether a server follows a master and has its data.
func (c *RedisCluster) IsReplica(server int) bool {
	var info string
	err := c.on(server, func(ctx context.Context, s *redis.Client) (err error) {
		info, err = s.Info(ctx, "replication").Result()
		return err
	})
	return err == nil && strings.Contains(info, "role:slave") && strings.Contains(info, "master_link_status:up")
}

// Whole tells whether all servers are up and agree on three masters that have all the
// slots, and each has a replica that follows it: any of them may die then.
func (c *RedisCluster) Whole() bool {
	owned, masters, view := 0, 0, ""
	for i := range c.Addrs {
		nodes, err := c.nodes(i)
		if err != nil || len(nodes) != clusterSize {
			return false
		}
		var sees []string
		for _, n := range nodes {
			if n.is("fail") || n.is("fail?") || n.is("handshake") || n.is("noaddr") {
				return false
			}
			if n.is("master") && len(n.slots) > 0 {
				sees = append(sees, n.addr)
			}
			if !n.is("myself") {
				continue
			}
			if n.is("master") {
				masters++
				owned += n.count()
			} else if !c.IsReplica(i) {
				return false
			}
		}
		if !c.stateOK(i) {
			return false
		}
		// All have to see the same masters, whatever the order in which they name them.
		slices.Sort(sees)
		text := strings.Join(sees, " ")
		if view != "" && view != text {
			return false
		}
		view = text
	}
	return masters == clusterMasters && owned == clusterSlots
}

func (c *RedisCluster) stateOK(server int) bool {
	var info string
	err := c.on(server, func(ctx context.Context, s *redis.Client) (err error) {
		info, err = s.ClusterInfo(ctx).Result()
		return err
	})
	return err == nil && strings.Contains(info, "cluster_state:ok")
}

// clusterNode is a line of CLUSTER NODES.
type clusterNode struct {
	id, addr, master string // master is "-" for a master
	flags            []string
	slots            [][2]int
}

func (n clusterNode) is(flag string) bool {
	return slices.Contains(n.flags, flag)
}

func (n clusterNode) has(slot int) bool {
	return slices.ContainsFunc(n.slots, func(s [2]int) bool { return s[0] <= slot && slot <= s[1] })
}

func (n clusterNode) count() (slots int) {
	for _, s := range n.slots {
		slots += s[1] - s[0] + 1
	}
	return slots
}

// nodes are the servers as one of them sees them.
func (c *RedisCluster) nodes(server int) (nodes []clusterNode, err error) {
	var text string
	err = c.on(server, func(ctx context.Context, s *redis.Client) (err error) {
		text, err = s.ClusterNodes(ctx).Result()
		return err
	})
	for line := range strings.Lines(text) {
		// id addr@bus,host flags master ping pong epoch link slots...
		words := strings.Fields(line)
		if len(words) < 8 {
			return nil, fmt.Errorf("CLUSTER NODES says %q", line)
		}
		addr, _, _ := strings.Cut(words[1], "@")
		n := clusterNode{id: words[0], addr: addr, master: words[3], flags: strings.Split(words[2], ",")}
		for _, w := range words[8:] {
			if strings.HasPrefix(w, "[") {
				continue // a slot on its way
			}
			from, to, more := strings.Cut(w, "-")
			if !more {
				to = from
			}
			a, err1 := strconv.Atoi(from)
			b, err2 := strconv.Atoi(to)
			if err := errors.Join(err1, err2); err != nil {
				return nil, err
			}
			n.slots = append(n.slots, [2]int{a, b})
		}
		nodes = append(nodes, n)
	}
	return nodes, err
}

// self is a server as it sees itself.
func (c *RedisCluster) self(server int) (clusterNode, error) {
	nodes, err := c.nodes(server)
	for _, n := range nodes {
		if n.is("myself") {
			return n, nil
		}
	}
	return clusterNode{}, errors.Join(err, fmt.Errorf("redis %s does not know itself", c.Addrs[server]))
}
