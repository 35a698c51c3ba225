package seckill

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
)

// QueueKeyBytes is the length of what shuffles a queue, and of what signs its passes.
const QueueKeyBytes = 32

// NewQueueKey makes a seed or a key.
func NewQueueKey() []byte {
	b := make([]byte, QueueKeyBytes)
	_, _ = rand.Read(b) // never fails
	return b
}

// SeedCommitment is what is published of a seed before it: the SHA-256, in hexadecimal, of
//
//	seckill-queue-1
//	<sale id>
//
// and the seed, with a line feed after each line.
func SeedCommitment(sale ID, seed []byte) string {
	sum := sha256.Sum256(append([]byte(QueueRule+"\n"+sale.String()+"\n"), seed...))
	return hex.EncodeToString(sum[:])
}

// QueueNumber is the number of the place of a buyer who comes before the start: the first
// 62 bits (of the first 64, without the highest two) of HMAC-SHA256, with the seed as the
// key, over
//
//	seckill-queue-1
//	<sale id>
//	<buyer>
//
// with a line feed between two lines. It depends on nothing that anybody does: neither when
// he comes nor how often. It is never 0.
func QueueNumber(sale ID, seed []byte, buyer string) int64 {
	mac := hmac.New(sha256.New, seed)
	mac.Write([]byte(QueueRule + "\n" + sale.String() + "\n" + buyer))
	n := int64(binary.BigEndian.Uint64(mac.Sum(nil)) & uint64(FirstArrival-1))
	return max(n, 1)
}
