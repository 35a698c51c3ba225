package buyer_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/webtest"
	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/fair"
	"github.com/seckill-go/seckill/seckill/fair/proof"
)

// drawOf is a sale that runs, and whose entries end in a while from now.
func drawOf(stock int64, in time.Duration) map[string]any {
	sale := webtest.Draft(stock, 1)
	sale["entry"] = "draw"
	sale["entries_until"] = time.Now().Add(in).UTC().Format(time.RFC3339Nano)
	return sale
}

var phone = map[string]any{"sku": "phone-1"}

func TestABuyerEntersADrawOnce(t *testing.T) {
	t.Parallel()
	s := webtest.NewShop(t)
	sale := s.Open(drawOf(1, 30*time.Minute))
	path := "/api/v1/sales/" + sale + "/draw/entries"
	bob := webtest.As(t, "bob")
	s.Must(404, "GET", path, nil, bob)
	e := s.Must(202, "POST", path, phone, bob).JSON
	require.Equal(t, "entered", e["status"])
	require.NotContains(t, e, "rank")
	require.NotContains(t, e, "order_id")
	id, err := seckill.ParseID(sale)
	require.NoError(t, err)
	require.Equal(t, fair.EntryHash(id, "phone-1", "bob", e["salt"].(string)).String(), e["hash"])
	require.Equal(t, e, s.Must(200, "POST", path, phone, bob).JSON)
	require.Equal(t, e, s.Must(200, "GET", path, nil, bob).JSON)
	other := s.Must(202, "POST", path, phone, webtest.As(t, "carol")).JSON
	require.NotEqual(t, e["salt"], other["salt"])

	of := s.Must(200, "GET", "/api/v1/sales/"+sale+"/draw", nil).JSON
	require.Equal(t, "entering", of["state"])
	require.EqualValues(t, 2, of["entries"])
	require.NotContains(t, of, "commitment")
	of = s.Must(200, "GET", "/api/v1/admin/sales/"+sale+"/draw", nil, webtest.Admin).JSON
	require.Equal(t, map[string]any{"state": "entering", "entries": 2.0,
		"items": []any{map[string]any{"sku": "phone-1", "entries": 0.0, "next": 0.0, "offered": 0.0, "passed": 0.0}}}, of)
	require.Equal(t, "entering", s.Must(409, "GET", "/api/v1/sales/"+sale+"/draw/proof", nil).JSON["state"])

	s.Must(204, "DELETE", path, nil, bob)
	s.Must(404, "DELETE", path, nil, bob)
	s.Must(404, "GET", path, nil, bob)
	require.NotEqual(t, e["hash"], s.Must(202, "POST", path, phone, bob).JSON["hash"])
}

func TestNobodyBuysInADrawWhoIsNotDrawn(t *testing.T) {
	t.Parallel()
	s := webtest.NewShop(t)
	sale := s.Open(drawOf(5, 30*time.Minute))
	a := s.Must(403, "POST", "/api/v1/sales/"+sale+"/orders", webtest.Lines(1), webtest.As(t, "bob"))
	require.Equal(t, "not_eligible", a.JSON["code"])
	require.Equal(t, "draw", a.JSON["rule"])
	a = s.Must(403, "POST", "/api/v1/sales/"+sale+"/waitlist", wantPhone(1), webtest.As(t, "bob"))
	require.Equal(t, "draw", a.JSON["rule"])

	shown := s.Must(200, "GET", "/api/v1/sales/"+sale, nil).JSON
	require.Equal(t, "draw", shown["entry"])
	require.Equal(t, "live", shown["status"], "its units are not gone")
	require.EqualValues(t, 5, shown["items"].([]any)[0].(map[string]any)["available"])
	open := s.Open(webtest.Draft(1, 1))
	require.Equal(t, "open", s.Must(200, "GET", "/api/v1/sales/"+open, nil).JSON["entry"])
	s.Must(404, "GET", "/api/v1/sales/"+open+"/draw", nil)
	s.Must(404, "POST", "/api/v1/sales/"+open+"/draw/entries", phone, webtest.As(t, "bob"))
}

func TestADrawTakesNothingThatCannotBe(t *testing.T) {
	t.Parallel()
	s := webtest.NewShop(t)
	sale := s.Open(drawOf(1, 30*time.Minute))
	path := "/api/v1/sales/" + sale + "/draw/entries"
	bob := webtest.As(t, "bob")
	for name, body := range map[string]any{
		"nothing":       map[string]any{},
		"no such item":  map[string]any{"sku": "cup-1"},
		"another field": map[string]any{"sku": "phone-1", "quantity": 2},
		"its own salt":  map[string]any{"sku": "phone-1", "salt": strings.Repeat("0", 32)},
		"a list":        []any{1},
	} {
		a := s.Call("POST", path, body, bob)
		require.Equal(t, 400, a.Status, "%s: %s", name, a.Body)
	}
	s.Must(401, "POST", path, phone)
	s.Must(401, "GET", path, nil)
	s.Must(404, "POST", "/api/v1/sales/7/draw/entries", phone, bob)
	s.Must(404, "GET", "/api/v1/sales/7/draw", nil)
	s.Must(404, "GET", "/api/v1/sales/7/draw/proof", nil)
}

func TestAfterTheLastEntryTheListStands(t *testing.T) {
	t.Parallel()
	s := webtest.NewShop(t)
	// Long enough for two calls, on whatever machine.
	sale := s.Open(drawOf(1, 2*time.Second))
	path := "/api/v1/sales/" + sale + "/draw/entries"
	bob := webtest.As(t, "bob")
	entered := s.Call("POST", path, phone, bob)
	var ended webtest.Answer
	late := 0
	require.Eventually(t, func() bool {
		late++
		ended = s.Call("POST", path, phone, webtest.As(t, fmt.Sprintf("late-%d", late)))
		return ended.Status == 410
	}, webtest.Deadline, webtest.Deadline/200)
	require.Equal(t, "ended", ended.JSON["code"])
	require.NotEmpty(t, ended.JSON["ended_at"])
	if entered.Status == 202 {
		require.Equal(t, entered.JSON, s.Must(200, "POST", path, phone, bob).JSON)
		require.Equal(t, "ended", s.Must(410, "DELETE", path, nil, bob).JSON["code"])
	}
}

func TestTheFormOfADrawIsChecked(t *testing.T) {
	t.Parallel()
	s := webtest.NewShop(t)
	create := func(change func(sale map[string]any)) webtest.Answer {
		sale := webtest.Draft(1, 1)
		change(sale)
		return s.Call("POST", "/api/v1/admin/sales", sale, webtest.Admin)
	}
	for name, c := range map[string]struct {
		field  string
		change func(map[string]any)
	}{
		"another entry":       {"entry", func(s map[string]any) { s["entry"] = "auction" }},
		"a time without draw": {"entries_until", func(s map[string]any) { s["entries_until"] = s["starts_at"] }},
		"after the end":       {"entries_until", func(s map[string]any) { s["entry"], s["entries_until"] = "draw", s["ends_at"] }},
		"no time":             {"entries_until", func(s map[string]any) { s["entry"], s["entries_until"] = "draw", "soon" }},
	} {
		a := create(c.change)
		require.Equal(t, 400, a.Status, "%s: %s", name, a.Body)
		require.Equal(t, []string{c.field}, webtest.ErrorFields(a), name)
	}
	sale := create(func(s map[string]any) { s["entry"] = "draw" })
	require.Equal(t, 201, sale.Status, "%s", sale.Body)
	require.Equal(t, sale.JSON["starts_at"], sale.JSON["entries_until"])
	require.Equal(t, "draw", sale.JSON["entry"])
}

// A proof is whole, and says of nobody what is not known of him.
func TestWhatIsPublishedOfADrawIsEnoughToCheckIt(t *testing.T) {
	t.Parallel()
	s := webtest.NewShop(t)
	sale := s.Open(drawOf(1, 30*time.Minute))
	id, err := seckill.ParseID(sale)
	require.NoError(t, err)
	for _, buyer := range []string{"alice", "bob", "carol"} {
		s.Must(202, "POST", "/api/v1/sales/"+sale+"/draw/entries", phone, webtest.As(t, buyer))
	}
	ctx := t.Context()
	require.NoError(t, s.Ledger.CloseDraw(ctx, id))
	d, err := s.Ledger.Draw(ctx, id)
	require.NoError(t, err)
	var tree fair.Tree
	require.NoError(t, s.Ledger.EachEntry(ctx, id, func(e seckill.DrawEntry) error {
		hash := fair.EntryHash(id, e.SKU, e.Buyer, e.Salt)
		require.Equal(t, hash.String(), e.Hash)
		tree.Add(hash, e.SKU)
		return nil
	}))
	d.Root, d.Round, d.CommittedAt = tree.Root().String(), d.PlannedRound, d.EntriesUntil
	_, err = s.Ledger.CommitDraw(ctx, d, map[string]int64{"phone-1": 3})
	require.NoError(t, err)
	var a webtest.Answer
	require.Eventually(t, func() bool {
		a = s.Call("GET", "/api/v1/sales/"+sale+"/draw/proof", nil)
		return a.Status == 200
	}, webtest.Deadline, webtest.Deadline/100)
	p, err := proof.Read(strings.NewReader(string(a.Body)))
	require.NoError(t, err)
	require.False(t, proof.Wrong(p.Check(time.Now())), "%+v", p.Check(time.Now()))
	require.Len(t, p.Entries, 3)
	for _, secret := range []string{"alice", "bob", "carol"} {
		require.NotContains(t, string(a.Body), secret)
	}
}
