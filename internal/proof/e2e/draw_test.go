package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
	"github.com/seckill-go/seckill/seckill/fair/proof"
)

// drawSale opens a sale whose units are drawn. Entries are taken for long enough to enter
// on a slow machine; whoever is late is told.
func (s *stage) drawSale(items ...item) sale {
	s.t.Helper()
	made := s.draftSaleWith(map[string]any{"entry": "draw", "entries_until": time.Now().Add(enteringFor).UTC()}, "", longHold, items...)
	made.administer("/preload", nil)
	return made
}

const enteringFor = 4 * time.Second

type drawEntry struct {
	Status  string `json:"status"`
	Hash    string `json:"hash"`
	Salt    string `json:"salt"`
	Rank    int    `json:"rank"`
	OrderID string `json:"order_id"`
}

// enters tries until the entry is taken, or it is too late for one.
func (s sale) enters(web int, buyer, sku string) (e drawEntry, in bool) {
	s.t.Helper()
	testkit.Eventually(s.t, func() bool {
		a, err := call("POST", s.url(web)+"/api/v1/sales/"+s.id+"/draw/entries", buyerToken(buyer), nil, map[string]any{"sku": sku})
		if err != nil || a.HTTP != 200 && a.HTTP != 202 && a.HTTP != 410 {
			return false
		}
		in = a.HTTP != 410
		return !in || json.Unmarshal(a.Body, &e) == nil
	}, buyer+" enters")
	return e, in
}

// enterAll has so many buyers enter for phone-1, and tells who came in time.
func (s sale) enterAll(n int) (in map[string]drawEntry) {
	s.t.Helper()
	in = make(map[string]drawEntry)
	for i := range n {
		buyer := fmt.Sprintf("entrant-%d", i)
		if e, ok := s.enters(i, buyer, "phone-1"); ok {
			in[buyer] = e
		}
	}
	require.NotEmpty(s.t, in)
	return in
}

func (s sale) entryOf(buyer string) (e drawEntry) {
	s.t.Helper()
	testkit.Eventually(s.t, func() bool {
		a, err := call("GET", s.url(0)+"/api/v1/sales/"+s.id+"/draw/entries", buyerToken(buyer), nil, nil)
		return err == nil && a.HTTP == 200 && json.Unmarshal(a.Body, &e) == nil
	}, "the entry of "+buyer)
	return e
}

// proof reads what is published, once the draw is drawn.
func (s sale) proof() (p *proof.Proof, text []byte) {
	s.t.Helper()
	testkit.Eventually(s.t, func() bool {
		a, err := call("GET", s.url(0)+"/api/v1/sales/"+s.id+"/draw/proof", "", nil, nil)
		if err != nil || a.HTTP != 200 {
			return false
		}
		p, err = proof.Read(bytes.NewReader(a.Body))
		require.NoError(s.t, err)
		text = a.Body
		return p.Outcome != nil
	}, "the draw is drawn")
	return p, text
}

// ranks gives the buyers by their ranks, and checks that the list has them all and nobody
// else.
func (s sale) ranks(in map[string]drawEntry) (order []string) {
	s.t.Helper()
	p, _ := s.proof()
	require.False(s.t, proof.Wrong(p.Check(time.Now())), "%+v", p.Check(time.Now()))
	listed := make(map[string]int, len(p.Entries))
	for _, e := range p.Entries {
		listed[fmt.Sprintf("%x", e.Hash)] = int(e.Rank)
	}
	require.Len(s.t, listed, len(in))
	order = make([]string, len(in))
	for buyer, e := range in {
		rank := listed[e.Hash]
		require.Positive(s.t, rank, "%s is in the list", buyer)
		order[rank-1] = buyer
		require.Empty(s.t, p.Own("phone-1", buyer, e.Salt).Wrong)
	}
	return order
}

// turnOf waits until a buyer has an order.
func (s sale) turnOf(buyer string) told {
	s.t.Helper()
	var e drawEntry
	testkit.Eventually(s.t, func() bool {
		e = s.entryOf(buyer)
		return e.Status == "offered"
	}, "it is the turn of "+buyer)
	return told{buyer, e.OrderID}
}

// goesByRank follows a sale of two units: the first two ranks have their turns, and what
// the second gives up is the third's.
func (s sale) goesByRank(in map[string]drawEntry) {
	s.t.Helper()
	order := s.ranks(in)
	for i, buyer := range order[:min(2, len(order))] {
		o := s.turnOf(buyer)
		require.True(s.t, s.isStatus(o, "awaiting_payment"))
		if i == 1 && len(order) > 2 {
			require.Equal(s.t, 200, s.persistently("POST", "/api/v1/orders/"+o.order+"/cancel", buyerToken(buyer), nil).HTTP)
			require.True(s.t, s.isStatus(s.turnOf(order[2]), "awaiting_payment"))
		}
	}
	for i, buyer := range order[min(3, len(order)):] {
		e := s.entryOf(buyer)
		require.Equal(s.t, "waiting", e.Status)
		require.Equal(s.t, i+4, e.Rank)
	}
	it := s.audit()["phone-1"]
	require.EqualValues(s.t, min(2, len(order)), it.Reserved)
	p, _ := s.proof()
	require.False(s.t, proof.Wrong(p.Check(time.Now())), "%+v", p.Check(time.Now()))
}

// A crowd enters, a part of it machines that click a hundred times; others try to buy all
// the time. Units go down the ranks, and to nobody else.
func TestUnitsGoToThoseWhoAreDrawn(t *testing.T) {
	t.Parallel()
	for name, make := range bothModes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stage := make(t)
			s := stage.drawSale(item{"phone-1", 2, 1})
			stop := s.grabbers(2)
			in := s.enterAll(testkit.Sized(40, 8))
			var all sync.WaitGroup
			var mu sync.Mutex
			for range 100 {
				all.Go(func() {
					if e, ok := s.enters(0, "machine", "phone-1"); ok {
						mu.Lock()
						defer mu.Unlock()
						if before, twice := in["machine"]; twice && before.Hash != e.Hash {
							t.Errorf("two entries of one buyer: %s and %s", before.Hash, e.Hash)
						}
						in["machine"] = e
					}
				})
			}
			all.Wait()
			s.goesByRank(in)
			require.Zero(t, stop(), "nobody bought who was not drawn")
		})
	}
}

// Who never pays gives the unit to the next rank, to the last one; what is left after that
// is for anybody.
func TestWhatTheDrawnLeaveGoesDownTheRanks(t *testing.T) {
	t.Parallel()
	stage := onData(t)
	stage.env = append(stage.env, "SECKILL_DRAW_HOLD=1s")
	stage.webs = []*process{start(t, stage.env, "serve")}
	stage.awaitReady()
	s := stage.drawSale(item{"phone-1", 1, 1})
	in := s.enterAll(3)
	order := s.ranks(in)
	for _, buyer := range order {
		o := s.turnOf(buyer)
		testkit.Eventually(t, func() bool { return stage.isStatus(o, "expired") }, buyer+" has not paid")
	}
	testkit.Eventually(t, func() bool { return s.buy(0, buyerToken("anybody"), "", line{"phone-1", 1}).HTTP == 202 }, "the unit that nobody drawn wanted")
}

// The command approves of a draw, and names what was done to it since it was saved.
func TestTheCommandChecksADraw(t *testing.T) {
	t.Parallel()
	stage := embedded(t)
	s := stage.drawSale(item{"phone-1", 2, 1})
	in := s.enterAll(5)
	order := s.ranks(in)
	page := s.url(0) + "/sales/" + s.id
	code, out, complaint := stage.command("draw", "verify", page, "--buyer", order[0], "--sku", "phone-1", "--salt", in[order[0]].Salt)
	require.Equal(t, 0, code, "%s%s", out, complaint)
	require.NotContains(t, out, "WRONG")
	require.Contains(t, out, "with rank 1 of phone-1")

	_, text := s.proof()
	saved := filepath.Join(t.TempDir(), "saved.txt")
	require.NoError(t, os.WriteFile(saved, text, 0o600))
	code, _, _ = stage.command("draw", "verify", saved)
	require.Equal(t, 0, code)
	lines := strings.SplitAfter(string(text), "\n")
	less := filepath.Join(t.TempDir(), "less.txt")
	require.NoError(t, os.WriteFile(less, []byte(strings.Join(slices.Delete(lines, 2, 3), "")), 0o600))
	code, out, complaint = stage.command("draw", "verify", less, "--saved", saved)
	require.Equal(t, 1, code, "%s%s", out, complaint)
	require.Contains(t, out, "1 were dropped")
	require.Contains(t, out, "was dropped", "it is named")

	code, _, complaint = stage.command("draw", "verify", s.url(0)+"/sales/7")
	require.Equal(t, 2, code)
	require.Contains(t, complaint, "There is no such sale")
	code, _, _ = stage.command("draw", "verify", filepath.Join(t.TempDir(), "none.txt"))
	require.Equal(t, 2, code)
}

// drawing makes a draw while the worker dies at its point.
func drawing(m *mortal) {
	s := m.drawSale(item{"phone-1", 2, 1})
	in := s.enterAll(5)
	s.goesByRank(in)
	m.whole()
	s.ranks(in)
	require.EqualValues(m.t, min(2, len(in)), s.audit()["phone-1"].Reserved, "no unit twice")
}
