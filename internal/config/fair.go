package config

import "time"

// Waitlist is for sales that are sold out.
type Waitlist struct {
	// Hold is how long a buyer has to pay for units that came back and were offered.
	// Default 10m.
	Hold time.Duration `mapstructure:"hold"`
}

// Queue is for sales that let buyers in one after the other.
type Queue struct {
	// Rate is the most buyers a second who are let into one sale. Default 200.
	Rate float64 `mapstructure:"rate"`
	// Factor is how many buyers are in a sale at a time for each unit that is left.
	// Default 1.5.
	Factor float64 `mapstructure:"factor"`
	// PassTTL is how long a buyer has to order whose turn has come. Default 2m.
	PassTTL time.Duration `mapstructure:"pass_ttl"`
	// Grace is how much later the pass is still taken, from a buyer who has lost the page.
	// The next is called without it. Default 30s.
	Grace time.Duration `mapstructure:"grace"`
}

// Draw is for sales whose units are drawn among those who entered.
type Draw struct {
	// Hold is how long a buyer has to pay whose turn has come. Default 2h.
	Hold time.Duration `mapstructure:"hold"`
	// Lead is how long after the last entry the round of public randomness is that
	// decides: enough to make the commitment, and for people to save it. Default 1m.
	Lead time.Duration `mapstructure:"lead"`
	// Beacon is where the randomness is from: drand, or local, whose outcome whoever has
	// its secret knows beforehand. Default local in embedded mode, drand in external.
	Beacon string `mapstructure:"beacon"`
	// LocalSecret is the key of the local beacon, at least 32 bytes.
	LocalSecret Secret `mapstructure:"local_secret"`
	// Drand is a chain of the beacon drand.
	Drand Drand `mapstructure:"drand"`
}

// Drand is a chain of drand of the scheme bls-unchained-g1-rfc9380. The defaults are
// those of its chain quicknet.
type Drand struct {
	// URLs of servers that are asked for rounds, in order, until one answers.
	URLs []string `mapstructure:"urls"`
	// ChainHash is the chain's name in the addresses of its rounds.
	ChainHash string `mapstructure:"chain_hash"`
	// PublicKey verifies what the servers answer, in hexadecimal.
	PublicKey string `mapstructure:"public_key"`
	// Genesis is when round 1 was, in unix seconds.
	Genesis int64 `mapstructure:"genesis"`
	// Period is the time between two rounds, whole seconds.
	Period time.Duration `mapstructure:"period"`
}
