package lock

// keys names what a node keeps, under one prefix.
type keys struct{ prefix string }

// token is a text: the token of whoever has the lock. It lives for one TTL after it was
// set or extended.
func (k keys) token(name string) string { return k.base(name) + "token" }

// fence is a number: the highest that the node knows of. It has no TTL, for a number that
// was forgotten could be given again: each name that was ever locked costs one small key
// for good, so names come from a list that does not grow without end, such as goods.
func (k keys) fence(name string) string { return k.base(name) + "fence" }

// node is a hash, one for all locks, and not on a cluster:
//
//	server  the run id of the server that wrote it
//	since   when (ms)
func (k keys) node() string { return k.prefix + ":lock:node" }

// base has the name as hash tag, so that the keys of a lock share a Cluster slot.
func (k keys) base(name string) string { return k.prefix + ":lock:{" + name + "}:" }

// of lists the keys in the order in which every script takes them.
func (k keys) of(name string, cluster bool) []string {
	if cluster {
		return []string{k.token(name), k.fence(name)}
	}
	return []string{k.token(name), k.fence(name), k.node()}
}
