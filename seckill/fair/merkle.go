package fair

import "crypto/sha256"

// The tree is that of RFC 6962, section 2.1: a leaf is SHA-256(0x00 || data), a node is
// SHA-256(0x01 || left || right), and a list is divided after the largest power of two
// that is less than its length. The prefixes keep a node from being passed off as a leaf.
const (
	leafPrefix = 0x00
	nodePrefix = 0x01
)

// Tree computes the root over entries that come one by one, in ascending order of their
// hashes. It keeps one node for each bit of their number.
type Tree struct {
	// nodes are the roots of full subtrees, the largest first; levels their heights.
	nodes  []Hash
	levels []int
	size   int64
	buf    []byte
}

// Add appends an entry: its hash, and what it is for.
func (t *Tree) Add(entry Hash, sku string) {
	t.buf = append(append(append(t.buf[:0], leafPrefix), entry[:]...), sku...)
	node, level := Hash(sha256.Sum256(t.buf)), 0
	for n := len(t.nodes); n > 0 && t.levels[n-1] == level; n-- {
		node, level = t.join(t.nodes[n-1], node), level+1
		t.nodes, t.levels = t.nodes[:n-1], t.levels[:n-1]
	}
	t.nodes, t.levels = append(t.nodes, node), append(t.levels, level)
	t.size++
}

func (t *Tree) join(left, right Hash) Hash {
	t.buf = append(append(append(t.buf[:0], nodePrefix), left[:]...), right[:]...)
	return sha256.Sum256(t.buf)
}

// Size is how many entries the tree has.
func (t *Tree) Size() int64 { return t.size }

// Root is the root over the entries that were added: of none, SHA-256 of nothing.
func (t *Tree) Root() Hash {
	n := len(t.nodes)
	if n == 0 {
		return sha256.Sum256(nil)
	}
	root := t.nodes[n-1]
	for i := n - 2; i >= 0; i-- {
		root = t.join(t.nodes[i], root)
	}
	return root
}
