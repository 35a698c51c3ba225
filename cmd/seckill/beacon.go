package main

import (
	"net/http"
	"time"

	"github.com/seckill-go/seckill/internal/config"
	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/fair"
)

// beaconOf is where the randomness of draws is from.
func beaconOf(cfg config.Draw) (fair.Beacon, error) {
	if cfg.Beacon == seckill.BeaconLocal {
		return fair.NewLocal([]byte(cfg.LocalSecret), time.Now)
	}
	chain := seckill.Beacon{Kind: seckill.BeaconDrand, ChainHash: cfg.Drand.ChainHash, PublicKey: cfg.Drand.PublicKey,
		Genesis: cfg.Drand.Genesis, Period: int64(cfg.Drand.Period / time.Second)}
	return fair.NewDrand(chain, cfg.Drand.URLs, &http.Client{})
}
