package fair

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/cloudflare/circl/sign/bls"

	"github.com/seckill-go/seckill/seckill"
)

// localPeriod is the seconds of a round of the local beacon.
const localPeriod = 1

// Local is a beacon with a key of its own, for where none can be reached. Who has the key
// knows all rounds beforehand, so whoever takes part has to trust him.
type Local struct {
	chain seckill.Beacon
	key   *bls.PrivateKey[bls.KeyG2SigG1]
	now   func() time.Time
}

// NewLocal makes a beacon of a secret of 32 bytes or more.
func NewLocal(secret []byte, now func() time.Time) (*Local, error) {
	key, err := bls.KeyGen[bls.KeyG2SigG1](secret, []byte("seckill local beacon"), nil)
	if err != nil {
		return nil, fmt.Errorf("the secret of the local beacon: %w", err)
	}
	public, err := key.PublicKey().MarshalBinary()
	if err != nil {
		return nil, fmt.Errorf("the local beacon's public key: %w", err)
	}
	hash := sha256.Sum256(public)
	return &Local{key: key, now: now, chain: seckill.Beacon{Kind: seckill.BeaconLocal, ChainHash: hex.EncodeToString(hash[:]),
		PublicKey: hex.EncodeToString(public), Genesis: 0, Period: localPeriod}}, nil
}

// Chain implements Beacon.
func (l *Local) Chain() seckill.Beacon { return l.chain }

// Signature implements Beacon. It gives none before the round's time.
func (l *Local) Signature(_ context.Context, round uint64) ([]byte, error) {
	if at := l.chain.TimeOf(round); l.now().Before(at) {
		return nil, fmt.Errorf("round %d is of %s", round, at.Format(time.RFC3339))
	}
	return bls.Sign(l.key, message(round)), nil
}
