package testkit

import (
	"context"
	"fmt"
	"net"

	"github.com/redis/go-redis/v9"
)

// SlotMove is a slot on its way from one master to another. Meanwhile the keys that
// are still there are found at the first, and those that are not at the second, by
// whoever says ASKING.
type SlotMove struct {
	c              *RedisCluster
	slot, from, to int
	fromID, toID   string
}

// MoveSlot begins to move a slot to another master.
func (c *RedisCluster) MoveSlot(slot, to int) (*SlotMove, error) {
	m := &SlotMove{c: c, slot: slot, from: c.Master(slot), to: to}
	if m.from < 0 || m.from == to {
		return nil, fmt.Errorf("slot %d is not with another master that answers", slot)
	}
	from, err := c.self(m.from)
	if err != nil {
		return nil, err
	}
	target, err := c.self(to)
	if err != nil {
		return nil, err
	}
	m.fromID, m.toID = from.id, target.id
	if err := m.set(m.to, "IMPORTING", m.fromID); err != nil {
		return nil, err
	}
	return m, m.set(m.from, "MIGRATING", m.toID)
}

// MoveKeys moves at most so many of the keys that are left, in one step, and tells how
// many it moved.
func (m *SlotMove) MoveKeys(most int) (moved int, err error) {
	host, port, _ := net.SplitHostPort(m.c.Addrs[m.to])
	err = m.c.on(m.from, func(ctx context.Context, server *redis.Client) error {
		keys, err := server.ClusterGetKeysInSlot(ctx, m.slot, most).Result()
		if err != nil || len(keys) == 0 {
			return err
		}
		args := []any{"MIGRATE", host, port, "", 0, clusterAnswer.Milliseconds(), "AUTH", m.c.Password, "KEYS"}
		for _, k := range keys {
			args = append(args, k)
		}
		moved = len(keys)
		return server.Do(ctx, args...).Err()
	})
	return moved, err
}

// Finish moves what is left and gives the slot to its new master.
func (m *SlotMove) Finish() error {
	for {
		moved, err := m.MoveKeys(100)
		if err != nil {
			return err
		}
		if moved == 0 {
			break
		}
	}
	// First the new one, so that there is always one that has it.
	for _, server := range []int{m.to, m.from} {
		if err := m.set(server, "NODE", m.toID); err != nil {
			return err
		}
	}
	return nil
}

func (m *SlotMove) set(server int, what, node string) error {
	return m.c.on(server, func(ctx context.Context, s *redis.Client) error {
		return s.Do(ctx, "CLUSTER", "SETSLOT", m.slot, what, node).Err()
	})
}
