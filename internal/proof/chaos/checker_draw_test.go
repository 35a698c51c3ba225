package chaos

import (
	"bytes"
	"encoding/hex"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/fair"
	"github.com/seckill-go/seckill/seckill/fair/proof"
)

// drawScene is the scene in which the phones were drawn: alice, bob and carol entered and
// had their turns in that order, henry took his entry back, and dave bought when no rank
// was left.
func drawScene(t *testing.T) Evidence {
	t.Helper()
	const sale, sku = "1", "phone"
	e := scene()
	hashes := map[string]fair.Hash{}
	call := func(method, buyer string, http int) {
		c := EntryCall{Buyer: buyer, Sale: sale, Method: method, HTTP: http}
		if http == 202 {
			c.SKU, c.Salt = sku, "salt of "+buyer
			hashes[buyer] = fair.EntryHash(1, sku, buyer, c.Salt)
			c.Hash = hashes[buyer].String()
		}
		e.Entries = append(e.Entries, c)
	}
	call("POST", "henry", 202)
	call("DELETE", "henry", 204)
	orders := map[string]string{"alice": "11", "bob": "12", "carol": "13"}
	entrants := []string{"alice", "bob", "carol"}
	for _, buyer := range entrants {
		call("POST", buyer, 0)
		call("POST", buyer, 202)
	}

	beacon, err := fair.NewLocal([]byte("a-secret-of-the-tests-of-32-bytes-or-more"), time.Now)
	require.NoError(t, err)
	const round = 1_000
	signature, err := beacon.Signature(t.Context(), round)
	require.NoError(t, err)
	var tree fair.Tree
	var list []fair.Hash
	for _, buyer := range entrants {
		list = append(list, hashes[buyer])
	}
	slices.SortFunc(list, func(a, b fair.Hash) int { return bytes.Compare(a[:], b[:]) })
	p := &proof.Proof{Document: proof.Document{SaleID: sale, State: "drawn", Rule: seckill.DrawRule, PlannedRound: round,
		EntriesUntil: time.Unix(0, 0), Entries: int64(len(entrants)), Items: []proof.Item{{SKU: sku, Entries: int64(len(entrants))}}}}
	p.Beacon.Kind, p.Beacon.PublicKey, p.Beacon.Period = "local", beacon.Chain().PublicKey, beacon.Chain().Period
	for _, hash := range list {
		tree.Add(hash, sku)
		p.Entries = append(p.Entries, proof.Entry{Hash: hash, SKU: sku, Status: "offered"})
	}
	reveal(p, tree.Root().String(), round, signature)
	e.Proofs = map[string]*proof.Proof{sale: p}
	e.State.Draws = []DrawRow{{Commitment: commitmentOf(p), State: "drawn"}}
	e.Commitments = []Commitment{commitmentOf(p)}
	for rank, i := range fair.Rank(fair.Randomness(signature), list) {
		p.Entries[i].Rank = int64(rank + 1)
		for _, buyer := range entrants {
			if hashes[buyer] != list[i] {
				continue
			}
			id := orders[buyer]
			e.State.Entries = append(e.State.Entries, EntryRow{Sale: sale, Buyer: buyer, SKU: sku, Salt: "salt of " + buyer, Hash: list[i].String(), Order: id, Rank: int64(rank + 1)})
			e.State.Waiters = append(e.State.Waiters, WaiterRow{Sale: sale, Buyer: buyer, SKU: sku, Quantity: 1, Status: "offered", Order: id})
			e.change(id, func(o *OrderRow) { o.Created = during.Add(time.Duration(rank) * time.Millisecond) })
		}
	}
	e.change("14", func(o *OrderRow) { o.Created = after })
	return e
}

// reveal publishes the commitment and the randomness of a proof.
func reveal(p *proof.Proof, root string, round uint64, signature []byte) {
	p.Commitment = &struct {
		Root        string    `json:"root"`
		Entries     int64     `json:"entries"`
		Round       uint64    `json:"round"`
		CommittedAt time.Time `json:"committed_at"`
	}{root, int64(len(p.Entries)), round, time.Unix(0, 0)}
	p.Outcome = &struct {
		Signature  string `json:"signature"`
		Randomness string `json:"randomness"`
	}{hex.EncodeToString(signature), hex.EncodeToString(fair.Randomness(signature))}
}

func TestARunWithAFairDrawIsFoundGood(t *testing.T) {
	require.Empty(t, check(drawScene(t)))
}

func TestTheCheckerSeesWhatIsWrongWithADraw(t *testing.T) {
	// forget takes the order of the last rank away, as if its turn had not come.
	forget := func(e *Evidence, status string) {
		last := &e.State.Waiters[2]
		delete(e.State.Orders, last.Order)
		last.Status = status
	}
	cases := map[string]struct {
		breaks func(*Evidence)
		want   string // empty: nothing is wrong with it
	}{
		"never drawn":                               {func(e *Evidence) { e.State.Draws[0].State = "committed" }, nothingLost},
		"ranks that never come":                     {func(e *Evidence) { e.State.Draws[0].Unplaced = 1 }, nothingLost},
		"nothing published":                         {func(e *Evidence) { e.Proofs = nil }, fairDraw},
		"an entry changed":                          {func(e *Evidence) { e.Proofs["1"].Entries[0].Hash[31]++ }, fairDraw},
		"ranks exchanged":                           {func(e *Evidence) { l := e.Proofs["1"].Entries; l[0].Rank, l[1].Rank = l[1].Rank, l[0].Rank }, fairDraw},
		"another commitment before":                 {func(e *Evidence) { e.Commitments = append(e.Commitments, Commitment{"1", "root", 3, 1_000}) }, fairDraw},
		"another round in the table":                {func(e *Evidence) { e.State.Draws[0].Round++ }, fairDraw},
		"of another sale":                           {func(e *Evidence) { e.Commitments = append(e.Commitments, Commitment{"2", "root", 3, 1_000}) }, ""},
		"an acknowledged entry not listed":          {func(e *Evidence) { e.Entries = e.Entries[:1] }, fairDraw},
		"perhaps taken back":                        {func(e *Evidence) { e.Entries[1].HTTP = 0 }, ""},
		"too late to be taken back, and not listed": {func(e *Evidence) { e.Entries[1].HTTP = 410 }, fairDraw},
		"taken back and listed": {func(e *Evidence) {
			e.Entries = append(e.Entries, EntryCall{Buyer: "bob", Sale: "1", Method: "DELETE", HTTP: 204})
		}, fairDraw},
		"acknowledged, and not to be found": {func(e *Evidence) { e.Entries[1].HTTP = 404 }, fairDraw},
		"a second entry": {func(e *Evidence) {
			e.Entries[1] = EntryCall{Buyer: "henry", Sale: "1", Method: "POST", HTTP: 200, SKU: "phone", Hash: "abc"}
		}, fairDraw},
		"an entry in SQL alone": {func(e *Evidence) {
			e.State.Entries = append(e.State.Entries, EntryRow{Sale: "1", Buyer: "henry", SKU: "phone", Rank: 4, Order: "20"})
		}, fairDraw},
		"two rows of a buyer":             {func(e *Evidence) { e.State.Entries = append(e.State.Entries, e.State.Entries[0]) }, fairDraw},
		"two turns":                       {func(e *Evidence) { e.State.Waiters = append(e.State.Waiters, e.State.Waiters[0]) }, fairDraw},
		"a worse rank first":              {func(e *Evidence) { e.change(e.State.Entries[0].Order, func(o *OrderRow) { o.Created = after }) }, fairDraw},
		"a stranger before the last rank": {func(e *Evidence) { e.change("14", func(o *OrderRow) { o.Created = opens }) }, fairDraw},
		"a stranger, as Redis had forgotten": {func(e *Evidence) {
			e.change("14", func(o *OrderRow) { o.Created = opens })
			e.RedisLosses = []window{loss}
		}, ""},
		"a stranger while a rank waits":     {func(e *Evidence) { forget(e, "waiting") }, fairDraw},
		"a unit is left while a rank waits": {func(e *Evidence) { forget(e, "waiting") }, neverUndersold},
		"a rank without a place":            {func(e *Evidence) { forget(e, "waiting"); e.State.Waiters = e.State.Waiters[:2] }, neverUndersold},
		"another's order by the draw":       {func(e *Evidence) { e.change("12", func(o *OrderRow) { o.Buyer = "mallory" }) }, nothingLost},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			e := drawScene(t)
			c.breaks(&e)
			var promises []string
			for _, v := range check(e) {
				promises = append(promises, v.Promise)
			}
			if c.want == "" {
				assert.Empty(t, promises)
			} else {
				assert.Contains(t, promises, c.want)
			}
		})
	}
}

func TestAThirdOfThePlansHaveADraw(t *testing.T) {
	drawn, back := 0, 0
	for seed := range uint64(500) {
		p := NewPlan(seed)
		p.Sales = slices.DeleteFunc(p.Sales, func(s SalePlan) bool { return s.Queue })
		s := p.Sales[len(p.Sales)-1]
		entrants, units := 0, int64(0)
		for _, b := range p.Buyers {
			if b.Enters {
				require.Equal(t, len(p.Sales)-1, b.Sale)
				entrants++
			}
			if b.TakesBack {
				back++
			}
		}
		for _, it := range s.Items {
			units += it.Stock
		}
		if s.Entries == 0 {
			require.Zero(t, entrants)
			continue
		}
		drawn++
		require.Less(t, units, int64(entrants))
	}
	require.InDelta(t, 500/3, drawn, 50)
	require.Positive(t, back)
}
