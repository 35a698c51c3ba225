package fair

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"

	"github.com/cloudflare/circl/sign/bls"

	"github.com/seckill-go/seckill/seckill"
)

// Beacon gives the signature of a round, once there is one.
type Beacon interface {
	// Chain describes it, for whoever checks a draw.
	Chain() seckill.Beacon
	// Signature gives that of a round, verified. An error means that there is none yet, or
	// that it could not be had: ask again.
	Signature(ctx context.Context, round uint64) ([]byte, error)
}

// message is what a beacon signs for a round.
func message(round uint64) []byte {
	sum := sha256.Sum256(binary.BigEndian.AppendUint64(nil, round))
	return sum[:]
}

// Randomness is the random value of a round: SHA-256 of its signature.
func Randomness(signature []byte) []byte {
	sum := sha256.Sum256(signature)
	return sum[:]
}

type publicKey = bls.PublicKey[bls.KeyG2SigG1]

func readPublicKey(text string) (*publicKey, error) {
	raw, err := hex.DecodeString(text)
	if err != nil {
		return nil, fmt.Errorf("the public key of a beacon must be hexadecimal: %w", err)
	}
	key := new(publicKey)
	if err := key.UnmarshalBinary(raw); err != nil || !key.Validate() {
		return nil, fmt.Errorf("the public key of a beacon must be a point of G2 of BLS12-381, 192 hexadecimal digits")
	}
	return key, nil
}
