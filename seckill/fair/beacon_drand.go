package fair

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/cloudflare/circl/sign/bls"

	"github.com/seckill-go/seckill/seckill"
)

// maxDrandBody bounds what a drand server may answer; a round takes 250 bytes.
const maxDrandBody = 4 << 10

// Drand reads a chain of drand from servers that need not be trusted: what they answer is
// verified with the chain's public key.
type Drand struct {
	chain  seckill.Beacon
	key    *publicKey
	urls   []string
	client *http.Client
}

// NewDrand makes a reader of a chain. The servers are asked in order until one answers.
func NewDrand(chain seckill.Beacon, urls []string, client *http.Client) (*Drand, error) {
	key, err := readPublicKey(chain.PublicKey)
	if err != nil {
		return nil, err
	}
	return &Drand{chain: chain, key: key, urls: urls, client: client}, nil
}

// Chain implements Beacon.
func (d *Drand) Chain() seckill.Beacon { return d.chain }

// Signature implements Beacon.
func (d *Drand) Signature(ctx context.Context, round uint64) ([]byte, error) {
	var failed error
	for _, url := range d.urls {
		signature, err := d.ask(ctx, url, round)
		if err == nil {
			return signature, nil
		}
		failed = errors.Join(failed, fmt.Errorf("%s: %w", url, err))
		if ctx.Err() != nil {
			break
		}
	}
	return nil, failed
}

func (d *Drand) ask(ctx context.Context, url string, round uint64) ([]byte, error) {
	url = fmt.Sprintf("%s/%s/public/%d", strings.TrimSuffix(url, "/"), d.chain.ChainHash, round)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	resp, err := d.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxDrandBody))
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("answered %s for round %d", resp.Status, round)
	}
	var answer struct {
		Round     uint64 `json:"round"`
		Signature string `json:"signature"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, fmt.Errorf("answered what is no round: %w", err)
	}
	if answer.Round != round {
		return nil, fmt.Errorf("answered round %d, asked for %d", answer.Round, round)
	}
	signature, err := hex.DecodeString(answer.Signature)
	if err != nil || !bls.Verify(d.key, message(round), signature) {
		return nil, fmt.Errorf("answered a signature of round %d that is not the chain's", round)
	}
	return signature, nil
}
