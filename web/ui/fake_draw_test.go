package ui_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/fair"
)

// drawID is a sale of the operator's whose units were drawn.
const drawID = "7005"

// forDraw is what a test can change of a draw.
type forDraw struct {
	draw     *fakeDraw
	own      map[string]any            // the buyer's entry
	leftOver bool                      // all ranks had their turn, and units are left
	forge    func(proof string) string // what is done to a proof before it is sent
}

// fakeDraw is one that was made as the service makes it, and as much of it as is published.
type fakeDraw struct {
	doc     map[string]any
	entries []drawn
}

// drawn is one entry.
type drawn struct {
	hash   fair.Hash
	sku    string
	rank   int
	status string
}

// beacon is where a draw's randomness is from: one round of it.
type beacon struct {
	chain     seckill.Beacon
	round     uint64
	signature []byte
}

// localRound is of the shop's own beacon, and of just now.
func localRound() beacon {
	local, err := fair.NewLocal(bytes.Repeat([]byte("k"), 32), time.Now)
	if err != nil {
		panic(err)
	}
	round := local.Chain().FirstAt(time.Now().Add(-time.Minute))
	signature, err := local.Signature(context.Background(), round)
	if err != nil {
		panic(err)
	}
	return beacon{local.Chain(), round, signature}
}

// quicknetRound is round 1,000 of drand quicknet, as its servers publish it.
func quicknetRound() beacon {
	signature, _ := hex.DecodeString("b44679b9a59af2ec876b1a6b1ad52ea9b1615fc3982b19576350f93447cb1125e342b73a8dd2bacbe47e4b6b63ed5e39")
	return beacon{seckill.Quicknet, 1000, signature}
}

const (
	ownName = "jade-otter-2048"
	ownSalt = "00112233445566778899aabbccddeeff"
	ownSKU  = "phone-1"
)

func ownHash() fair.Hash { return fair.EntryHash(7001, ownSKU, ownName, ownSalt) }

// newDraw draws among n strangers and the own entry. The first ten ranks of each item have
// been offered a unit.
func newDraw(from beacon, n int) *fakeDraw {
	d := &fakeDraw{entries: []drawn{{hash: ownHash(), sku: ownSKU}}}
	for i := range n {
		sku := []string{"phone-1", "earbuds-1"}[i%2]
		d.entries = append(d.entries, drawn{hash: fair.EntryHash(7001, sku, fmt.Sprint("stranger-", i), ownSalt), sku: sku})
	}
	slices.SortFunc(d.entries, func(a, b drawn) int { return bytes.Compare(a.hash[:], b.hash[:]) })
	var tree fair.Tree
	at := map[string][]int{}
	for i, e := range d.entries {
		tree.Add(e.hash, e.sku)
		at[e.sku] = append(at[e.sku], i)
	}
	items := []any{}
	for _, sku := range []string{"phone-1", "earbuds-1"} {
		hashes := make([]fair.Hash, len(at[sku]))
		for i, k := range at[sku] {
			hashes[i] = d.entries[k].hash
		}
		for rank, i := range fair.Rank(fair.Randomness(from.signature), hashes) {
			e := &d.entries[at[sku][i]]
			e.rank, e.status = rank+1, "-"
			if rank < 10 {
				e.status = "offered"
			}
		}
		items = append(items, map[string]any{"sku": sku, "entries": len(hashes)})
	}
	due := from.chain.TimeOf(from.round)
	told := func(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.000Z") }
	d.doc = map[string]any{"sale_id": saleID, "state": "drawn", "rule": seckill.DrawRule, "entries_until": told(due.Add(-time.Minute)), "entries": len(d.entries), "beacon": from.chain,
		"planned_round": from.round, "hold_seconds": 7200, "planned_at": told(due), "items": items,
		"commitment": map[string]any{"root": tree.Root().String(), "entries": len(d.entries), "round": from.round, "round_at": told(due), "committed_at": told(due.Add(-30 * time.Second))},
		"outcome":    map[string]any{"signature": hex.EncodeToString(from.signature), "randomness": hex.EncodeToString(fair.Randomness(from.signature)), "drawn_at": told(due.Add(2 * time.Second))}}
	return d
}

// proof is the file that everybody can have.
func (d *fakeDraw) proof() string {
	head, _ := json.Marshal(d.doc)
	var text strings.Builder
	text.Write(append(head, '\n'))
	for _, e := range d.entries {
		if d.doc["outcome"] == nil {
			fmt.Fprintf(&text, "%s %s - -\n", e.hash, e.sku)
			continue
		}
		fmt.Fprintf(&text, "%s %s %d %s\n", e.hash, e.sku, e.rank, e.status)
	}
	return text.String()
}

// in takes a draw back to an earlier stage; what comes next is some minutes away.
func (d *fakeDraw) in(state string) *fakeDraw {
	if state == "drawn" {
		return d
	}
	doc := maps.Clone(d.doc)
	later := time.Now().Add(4 * time.Minute).UTC().Format(time.RFC3339)
	doc["state"], doc["planned_at"] = state, later
	delete(doc, "outcome")
	switch state {
	case "entering":
		doc["entries_until"] = later
		doc["planned_at"] = time.Now().Add(5 * time.Minute).UTC().Format(time.RFC3339)
		delete(doc, "commitment")
	case "closing":
		delete(doc, "commitment")
	case "committed":
		made := maps.Clone(doc["commitment"].(map[string]any))
		made["round_at"] = later
		doc["commitment"] = made
	}
	return &fakeDraw{doc, d.entries}
}

// drawing makes the shop's sale one whose units are drawn.
func drawing(state string) func(*shop) {
	return func(s *shop) { s.draw = newDraw(localRound(), 240).in(state) }
}

// ownEntry is the buyer's, as the service tells it.
func ownEntry(status string, rank int) map[string]any {
	e := map[string]any{"sale_id": saleID, "sku": ownSKU, "status": status, "hash": ownHash().String(), "salt": ownSalt, "entered_at": "2026-11-11T12:00:00.000Z"}
	if rank > 0 {
		e["rank"] = rank
	}
	if status == "offered" {
		e["order_id"] = orderID
	}
	return e
}

func (s *shop) getDraw(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case r.PathValue("id") == drawID:
		answer(w, 200, newDraw(localRound(), 240).doc)
	case s.draw == nil:
		answer(w, 404, map[string]any{"code": "not_found"})
	default:
		answer(w, 200, s.draw.doc)
	}
}

func (s *shop) getProof(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.draw == nil || s.draw.doc["commitment"] == nil {
		answer(w, 409, map[string]any{"code": "conflict"})
		return
	}
	text := s.draw.proof()
	if s.forge != nil {
		text = s.forge(text)
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, text)
}

// entries takes the buyer's entry for any item, with the hash that belongs to it.
func (s *shop) entries(w http.ResponseWriter, r *http.Request) {
	if !signedIn(w, r) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch r.Method {
	case http.MethodPost:
		if s.draw.doc["state"] != "entering" {
			answer(w, 410, map[string]any{"code": "ended", "ended_at": s.draw.doc["entries_until"]})
			return
		}
		var want struct{ SKU string }
		_ = json.NewDecoder(r.Body).Decode(&want)
		if s.own != nil && s.own["sku"] != want.SKU {
			answer(w, 409, map[string]any{"code": "conflict", "state": "entered"})
			return
		}
		s.own = ownEntry("entered", 0)
		s.own["sku"], s.own["hash"] = want.SKU, fair.EntryHash(7001, want.SKU, buyerOf(r), ownSalt).String()
		answer(w, 202, s.own)
	case http.MethodDelete:
		s.own = nil
		w.WriteHeader(http.StatusNoContent)
	default:
		if s.own == nil {
			answer(w, 404, map[string]any{"code": "not_found"})
			return
		}
		answer(w, 200, s.own)
	}
}

// buyerOf reads whose a token is.
func buyerOf(r *http.Request) string {
	var claims struct{ Sub string }
	if parts := strings.Split(r.Header.Get("Authorization"), "."); len(parts) == 3 {
		text, _ := base64.RawURLEncoding.DecodeString(parts[1])
		_ = json.Unmarshal(text, &claims)
	}
	return claims.Sub
}

// adminTurns is how far its ranks have come.
func (s *shop) adminTurns() map[string]any {
	return map[string]any{"state": "drawn", "entries": 241, "trouble": "https://api.drand.sh: no route to host", "items": []any{
		map[string]any{"sku": "phone-1", "entries": 121, "next": 111, "offered": 10, "passed": 0},
		map[string]any{"sku": "earbuds-1", "entries": 120, "next": 108, "offered": 10, "passed": 2}}}
}

// adminDraw is the operator's sale of a draw.
func (s *shop) adminDraw() map[string]any {
	sale := s.adminSale(drawID, "Lantern night", "ready")
	sale["entry"], sale["entries_until"] = "draw", sale["starts_at"]
	return sale
}
