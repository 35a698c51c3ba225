package fair

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"time"

	"github.com/seckill-go/seckill/seckill"
)

// Pass is the turn of a buyer in the queue of a sale, until a time. Whether the turn was used
// is for the gate to say.
type Pass struct {
	seckill.Turn
	Until time.Time
}

// Why a pass is not taken.
var (
	ErrForged  = errors.New("not a pass of this sale for this buyer")
	ErrTooLate = errors.New("the turn has passed")
)

const (
	passHead = 24 // turn, epoch, until
	passSum  = sha256.Size
)

var passText = base64.RawURLEncoding.Strict()

// passLength is the length of every pass.
var passLength = passText.EncodedLen(passHead + passSum)

// Sign writes a pass of a sale for a buyer. Both are in the signature alone: whoever shows
// the pass says which.
func (p Pass) Sign(key []byte, sale seckill.ID, buyer string) string {
	b := make([]byte, passHead, passHead+passSum)
	binary.BigEndian.PutUint64(b, uint64(p.Number))
	binary.BigEndian.PutUint64(b[8:], uint64(p.Epoch))
	binary.BigEndian.PutUint64(b[16:], uint64(p.Until.UnixMilli()))
	return passText.EncodeToString(append(b, passSignature(key, b, sale, buyer)...))
}

// ReadPass checks a pass that a buyer shows at a time.
func ReadPass(text string, key []byte, sale seckill.ID, buyer string, now time.Time) (p Pass, err error) {
	if len(text) != passLength {
		return p, ErrForged
	}
	b, err := passText.DecodeString(text)
	if err != nil || !hmac.Equal(b[passHead:], passSignature(key, b[:passHead], sale, buyer)) {
		return p, ErrForged
	}
	p.Number, p.Epoch = int64(binary.BigEndian.Uint64(b)), int64(binary.BigEndian.Uint64(b[8:]))
	if p.Until = seckill.UnixMilli(int64(binary.BigEndian.Uint64(b[16:]))); !now.Before(p.Until) {
		return p, ErrTooLate
	}
	return p, nil
}

func passSignature(key, head []byte, sale seckill.ID, buyer string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("seckill-pass-1\n"))
	mac.Write(head)
	mac.Write([]byte(sale.String() + "\n" + buyer))
	return mac.Sum(nil)
}
