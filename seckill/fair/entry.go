package fair

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/seckill-go/seckill/seckill"
)

// saltBytes makes it hopeless to find out who stands behind a published hash by trying
// all buyers.
const saltBytes = 16

// NewSalt makes the salt of an entry, in hexadecimal. Whoever knows it, and the buyer, can
// tell which of the published entries it is.
func NewSalt() string {
	var b [saltBytes]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// Hash stands for an entry in everything that is published.
type Hash [sha256.Size]byte

func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// EntryHash is the hash of a buyer's entry: of these lines, each ended by a line feed, the
// last one too.
//
//	seckill-draw-1
//	<sale id>
//	<SKU>
//	<buyer>
//	<salt in hexadecimal>
//
// None of them can have a line feed within.
func EntryHash(sale seckill.ID, sku, buyer, salt string) Hash {
	return sha256.Sum256([]byte(strings.Join([]string{seckill.DrawRule, sale.String(), sku, buyer, salt, ""}, "\n")))
}
