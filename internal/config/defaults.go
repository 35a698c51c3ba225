package config

import (
	"time"

	"github.com/seckill-go/seckill/seckill"
)

// Defaults are the settings of a mode when nothing is set. Secrets and the
// addresses of servers have none.
func Defaults(mode Mode) Config {
	embedded := mode != External
	c := Config{
		Mode:        mode,
		DataDir:     "./data",
		ExampleSale: embedded,
		Log:         Log{Level: "info", Format: "json"},
		HTTP:        HTTP{Addr: "127.0.0.1:8080", DrainTimeout: 20 * time.Second},
		Ops:         Ops{Addr: "127.0.0.1:9090", ReadyNeedsWrites: true},
		Redis:       Redis{Prefix: "seckill", Timeout: 2 * time.Second},
		MySQL:       MySQL{MaxOpen: 50, AutoMigrate: embedded},
		RabbitMQ:    RabbitMQ{Prefix: "seckill"},
		Auth:        Auth{MaxTokenLife: 24 * time.Hour, DemoLogin: embedded},
		Payment:     Payment{Mock: embedded},
		Admission: Admission{
			Ack:         AckAdmitted,
			BatchLimit:  128,
			Workers:     2,
			QueueLimit:  8192,
			SoldOutTTL:  200 * time.Millisecond,
			SettledWait: 5 * time.Second,
			Journal:     50_000,
			MaxInFlight: 200_000,
			MinInFlight: 1_000,
		},
		Limits: Limits{PerIPRPS: 50, PerIPBurst: 100, PerBuyerRPS: 5, PerBuyerBurst: 10, StreamsPerIP: 200, ConnectionsPerIP: 1_000,
			CoolDownAfter: 5, CoolDown: time.Minute},
		Relay:     Relay{RepublishAfter: 10 * time.Second, Batch: 100},
		Settler:   Settler{Batch: 2_000, Consumers: 2},
		Expirer:   Expirer{SweepEvery: 2 * time.Second, SweepGrace: 2 * time.Second},
		Inquirer:  Inquirer{Every: 500 * time.Millisecond, Patience: time.Minute},
		Refunder:  Refunder{Every: time.Second, Backoff: 10 * time.Second, MaxAttempts: 25},
		Releaser:  Loop{Every: 100 * time.Millisecond},
		Announcer: Loop{Every: 100 * time.Millisecond},
		Webhooks:  Webhooks{Events: []string{}, Timeout: 15 * time.Second, Concurrency: 8, Backoff: 5 * time.Second, MaxAttempts: 16},
		Auditor:   Loop{Every: 10 * time.Second},
		Worker:    Worker{LeaseTTL: 10 * time.Second, UnloadAfter: time.Hour},
		IDs:       Lease{LeaseTTL: 10 * time.Minute},
		Rehearsal: Rehearsal{Enabled: embedded},
		Waitlist:  Waitlist{Hold: 10 * time.Minute},
		Queue:     Queue{Rate: 200, Factor: 1.5, PassTTL: 2 * time.Minute, Grace: 30 * time.Second},
		Draw: Draw{Hold: 2 * time.Hour, Lead: time.Minute, Beacon: seckill.BeaconDrand, Drand: Drand{
			URLs:      []string{"https://api.drand.sh", "https://api2.drand.sh", "https://api3.drand.sh", "https://drand.cloudflare.com"},
			ChainHash: seckill.Quicknet.ChainHash, PublicKey: seckill.Quicknet.PublicKey, Genesis: seckill.Quicknet.Genesis,
			Period: time.Duration(seckill.Quicknet.Period) * time.Second}},
		Inventory: Inventory{Strategy: "conditional", LockRedis: []string{}},
		RPC:       RPC{Addr: "127.0.0.1:9191"},
	}
	if embedded {
		c.Log.Format = "text"
		c.Admission.Ack = AckSettled
		c.Draw.Beacon = seckill.BeaconLocal // it needs no network
		// A batch waits there until SQLite has it, and two would wait for one writer.
		c.Admission.Workers = 1
	}
	return c
}

// The values of admission.ack.
const (
	AckAdmitted = "admitted"
	AckSettled  = "settled"
)
