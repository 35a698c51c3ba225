package main

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/seckill-go/seckill/internal/load"
	"github.com/seckill-go/seckill/seckill"
)

// demoBuyers are as many as a server with its usual limits lets in within seconds.
const demoBuyers = 200

// makeBuyers gives every buyer a token. Their names are new in each run, so that
// what they bought before is not held against them.
func (b *bench) makeBuyers(ctx context.Context, cmd *cobra.Command, f *configFlags) (err error) {
	b.name = seckill.TrialBuyerPrefix + "bench-" + strings.ToLower(rand.Text()[:8])
	if b.demoLogin {
		if !cmd.Flags().Changed("buyers") {
			b.buyers = demoBuyers
		}
		b.tokens, err = b.logIn(ctx)
		return err
	}
	auth, err := signingConfig(cmd, f)
	if err != nil {
		return err
	}
	lasts := min(b.duration+b.settleWithin+time.Hour, auth.MaxTokenLife)
	b.tokens, err = signing(auth, lasts).Tokens(b.name, b.buyers)
	return err
}

// logIn asks for tokens one by one, as slowly as the server wants.
func (b *bench) logIn(ctx context.Context) ([]string, error) {
	bar := newBar(b.progress, int64(b.buyers), "buyers log in")
	defer bar.end()
	tokens := make([]string, 0, b.buyers)
	for len(tokens) < b.buyers {
		var answer struct{ Token string }
		_, err := b.client.call(ctx, "POST", "/api/v1/demo/login", map[string]string{"buyer": load.BuyerName(b.name, len(tokens))}, &answer)
		var no *problem
		switch {
		case tooMany(err):
			if err := wait(ctx, time.Second); err != nil {
				return nil, err
			}
		case errors.As(err, &no) && no.Status == http.StatusNotFound:
			return nil, errNo{errors.New("the server gives nobody a token: auth.demo_login is off there")}
		case err != nil:
			return nil, err
		default:
			tokens = append(tokens, answer.Token)
			bar.set(int64(len(tokens)), "")
		}
	}
	return tokens, nil
}

// tooMany tells whether the server wants to be asked later.
func tooMany(err error) bool {
	var no *problem
	return errors.As(err, &no) && no.Status == http.StatusTooManyRequests
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return errors.New("interrupted")
	case <-time.After(d):
		return nil
	}
}
