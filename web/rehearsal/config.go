package rehearsal

import (
	"cmp"
	"errors"
	"log/slog"

	"github.com/seckill-go/seckill/seckill"
)

// Config is what Mount needs.
type Config struct {
	// Enabled lets operators begin one. Default: their calls say that it is off.
	Enabled bool
	// Gate is Redis, Ledger SQL, Operators and Shop are the two sides of this process.
	// All required where it is enabled, and Tokens, which sign for the crowd.
	Gate      Gate
	Ledger    Ledger
	Operators Operators
	Shop      Shop
	Tokens    Signer
	// Auditor gives the verdict at the end. Default: none.
	Auditor Auditor

	// Clock tells the time. Default: the system's.
	Clock seckill.Clock
	// Logger takes the log. Default: slog.Default().
	Logger *slog.Logger
}

func (c *Config) check() error {
	c.Logger = cmp.Or(c.Logger, slog.Default())
	if c.Clock == nil {
		c.Clock = seckill.SystemClock
	}
	switch {
	case !c.Enabled:
		return nil
	case c.Gate == nil || c.Ledger == nil || c.Operators == nil || c.Shop == nil || c.Tokens == nil:
		return errors.New("rehearsal: Gate, Ledger, Operators, Shop and Tokens are required")
	case !c.Tokens.Signs():
		return errors.New("rehearsal: Tokens needs a secret to sign with")
	}
	return nil
}
