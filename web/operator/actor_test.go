package operator_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/webtest"
	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/broker"
	"github.com/seckill-go/seckill/web/operator"
)

func TestTheLogNamesWhoDidWhat(t *testing.T) {
	t.Parallel()
	s := webtest.NewShop(t)
	id := s.Must(201, "POST", "/api/v1/admin/sales", webtest.Draft(5, 1), webtest.Admin, "X-Operator: %E6%9D%8E%E9%9B%B7").JSON["id"].(string)
	s.Must(200, "POST", "/api/v1/admin/sales/"+id+"/preload", nil, webtest.Admin)
	s.Must(200, "POST", "/api/v1/admin/sales/"+id+"/items/phone-1/stock", map[string]any{"delta": 2, "reason": "more came"}, webtest.Admin, "X-Operator: Ann")
	s.Must(200, "POST", "/api/v1/admin/sales/"+id+"/pause", nil, webtest.Admin, "X-Operator: bad%0aname")
	a := s.Must(200, "GET", "/api/v1/admin/sales/"+id+"/log", nil, webtest.Admin)
	var told []string
	for _, one := range a.JSON["actions"].([]any) {
		action := one.(map[string]any)
		told = append(told, action["actor"].(string)+" "+action["action"].(string))
	}
	require.Equal(t, []string{"admin paused", "admin:Ann stock", "admin ready", "admin:李雷 created"}, told)
	require.Equal(t, false, a.JSON["more"])
	require.Equal(t, true, s.Must(200, "GET", "/api/v1/admin/sales/"+id+"/log?limit=2", nil, webtest.Admin).JSON["more"])
	require.Equal(t, 404, s.Call("GET", "/api/v1/admin/sales/12345/log", nil, webtest.Admin).Status)
}

// office has dead letters.
type office = operator.DeadLetters

// lettersOnly is an office with letters to look at.
type lettersOnly struct {
	office
	letters []broker.DeadLetter
	err     error
}

func (l lettersOnly) DeadLetters(context.Context, int) ([]broker.DeadLetter, error) {
	return l.letters, l.err
}

func TestAnOperatorFindsAnOrderAndItsHistory(t *testing.T) {
	t.Parallel()
	post := &lettersOnly{}
	s := webtest.NewShop(t, func(c *webtest.Config) { c.DeadLetters = post })
	sale := s.Open(webtest.Draft(5, 2))
	ann, bob := s.MustBuy(sale, "ann"), s.MustBuy(sale, "bob")
	a := s.Must(200, "GET", "/api/v1/admin/orders/"+ann, nil, webtest.Admin)
	require.Equal(t, "in_flight", a.JSON["place"], "it is not in SQL yet")
	s.Settle(sale)
	s.Must(200, "POST", "/api/v1/orders/"+bob+"/pay", nil, webtest.As(t, "bob"))

	post.letters = []broker.DeadLetter{{Message: broker.Message{ID: "l1", Body: []byte(`{"orders":[{"id":"` + bob + `"}]}`)}}, {Message: broker.Message{ID: "l2", Body: []byte(`{"orders":["1` + bob + `"]}`)}}}
	a = s.Must(200, "GET", "/api/v1/admin/orders/"+bob, nil, webtest.Admin)
	require.Equal(t, "reserved", a.JSON["place"])
	require.Equal(t, "bob", a.JSON["order"].(map[string]any)["buyer"])
	require.Len(t, a.JSON["stock"], 1)
	require.Len(t, a.JSON["payments"], 1)
	require.Len(t, a.JSON["dead_letters"], 1)
	post.err = broker.ErrNoSession
	require.Nil(t, s.Must(200, "GET", "/api/v1/admin/orders/"+bob, nil, webtest.Admin).JSON["dead_letters"], "not looked at is not none")
	require.Equal(t, 404, s.Call("GET", "/api/v1/admin/orders/12345", nil, webtest.Admin).Status)

	found := func(path string) []string {
		var ids []string
		for _, o := range s.Must(200, "GET", path, nil, webtest.Admin).JSON["orders"].([]any) {
			ids = append(ids, o.(map[string]any)["order_id"].(string))
		}
		return ids
	}
	require.Equal(t, []string{ann}, found("/api/v1/admin/orders?buyer=ann"))
	require.Equal(t, []string{bob}, found("/api/v1/admin/sales/"+sale+"/orders?buyer=bob&status=awaiting_payment"))
	require.Empty(t, found("/api/v1/admin/sales/"+sale+"/orders?buyer=bob&status=paid"))
	require.Equal(t, 400, s.Call("GET", "/api/v1/admin/orders", nil, webtest.Admin).Status)
	csv := s.Must(200, "GET", "/api/v1/admin/sales/"+sale+"/orders?buyer=bob", nil, webtest.Admin, "Accept: text/csv")
	require.Equal(t, 2, strings.Count(string(csv.Body), "\n"), "%s", csv.Body)
}

const importYAML = `sales:
- key: spring
  name: Spring
  starts_at: 2030-01-01T00:00:00Z
  ends_at: 2030-01-02T00:00:00Z
  items: [{sku: a, title: A, price: 100, currency: CNY, stock: 5}]
- key: soon
  name: Soon
  starts_in: 1h
  lasts: 1h
  items: [{sku: b, title: B, price: 100, currency: CNY, stock: 5}]
`

func TestAnImportTellsWhatItWillDoAndThenDoesIt(t *testing.T) {
	t.Parallel()
	s := webtest.NewShop(t)
	const yaml = "Content-Type: application/yaml"
	send := func(path, body string, headers ...string) webtest.Answer {
		return s.Call("POST", "/api/v1/admin/sales/import"+path, body, append(headers, webtest.Admin)...)
	}
	told := func(a webtest.Answer) (actions []string) {
		t.Helper()
		require.Equal(t, 200, a.Status, "%s", a.Body)
		for _, one := range a.JSON["sales"].([]any) {
			actions = append(actions, one.(map[string]any)["action"].(string))
		}
		return actions
	}
	count := func() int {
		return len(s.Must(200, "GET", "/api/v1/admin/sales", nil, webtest.Admin).JSON["sales"].([]any))
	}

	require.Equal(t, []string{"create", "create"}, told(send("", importYAML, yaml)))
	require.Zero(t, count(), "a preview creates nothing")
	require.Equal(t, []string{"create", "create"}, told(send("?apply=true", importYAML, yaml, "X-Operator: Ann")))
	require.Equal(t, 2, count())
	require.Equal(t, []string{"unchanged", "unchanged"}, told(send("?apply=true", importYAML, yaml)), "relative times too")
	require.Equal(t, 2, count())

	other := strings.Replace(importYAML, "price: 100", "price: 101", 1) + "- key: third\n  name: Third\n  starts_in: 1h\n  lasts: 1h\n" +
		"  items: [{sku: c, title: C, price: 100, currency: CNY, stock: 5}]\n"
	a := send("", other, yaml)
	require.Equal(t, []string{"conflict", "unchanged", "create"}, told(a))
	require.Equal(t, []any{map[string]any{"field": "price", "sku": "a", "here": "100", "there": "101"}},
		a.JSON["sales"].([]any)[0].(map[string]any)["differences"])
	a = send("?apply=true", other, yaml)
	require.Equal(t, 409, a.Status)
	require.Contains(t, a.JSON["detail"], "price of a: 100 here, 101 in the file")
	require.Equal(t, 2, count(), "all of a file or nothing")

	relative := strings.Replace(importYAML, "starts_in: 1h", "starts_in: 9h", 1)
	require.Equal(t, []string{"unchanged", "conflict"}, told(send("", relative, yaml)))
	require.Contains(t, send("?apply=true", relative, yaml).JSON["detail"],
		`sale "soon": its key stands for a sale with other content: starts_in: 1h0m0s here, 9h0m0s in the file`)

	csv := "sale_key,sale_name,starts_at,ends_at,sku,title,price,currency,stock\nx,X,2030-01-01T00:00:00Z,2030-01-02T00:00:00Z,a,A,ten,CNY,5\n" +
		"x,X,2030-01-01T00:00:00Z,2030-01-02T00:00:00Z,a-,,1,CNY,5\n"
	a = send("", csv, "Content-Type: text/csv")
	require.Equal(t, 400, a.Status)
	require.Equal(t, []string{"row 2", "row 3"}, webtest.ErrorFields(a))
	require.Equal(t, []string{"file"}, webtest.ErrorFields(send("", "a: b", yaml)))
	require.Equal(t, []string{"Content-Type"}, webtest.ErrorFields(send("", "a: b", "Content-Type: text/plain")))
	require.Equal(t, 400, send("", strings.Replace(importYAML, "key: spring", "key: 'rehearsal:x'", 1), yaml).Status)
}

func TestAnImportOfASaleThatIsOverHasToBeMeant(t *testing.T) {
	t.Parallel()
	s := webtest.NewShop(t)
	over := strings.NewReplacer("2030-", "2025-").Replace(importYAML)
	send := func(query, file string) webtest.Answer {
		return s.Call("POST", "/api/v1/admin/sales/import"+query, file, "Content-Type: application/yaml", webtest.Admin)
	}
	for _, query := range []string{"", "?apply=true", "?apply=true&past=false"} {
		a := send(query, over)
		require.Equal(t, 400, a.Status, "%s", a.Body)
		require.Equal(t, []string{"line 5"}, webtest.ErrorFields(a))
		require.Contains(t, string(a.Body), "ends_at: the sale is over since 2025-01-02T00:00:00Z")
	}
	require.Empty(t, s.Must(200, "GET", "/api/v1/admin/sales", nil, webtest.Admin).JSON["sales"])
	require.Equal(t, 400, send("?past=yes", over).Status)
	require.Equal(t, 200, send("?apply=true&past=true", over).Status)
	require.Equal(t, 200, send("", over).Status, "what is there already is not taken in")
}

func TestNoOperatorCanMakeASaleThatPassesForARehearsal(t *testing.T) {
	t.Parallel()
	s := webtest.NewShop(t)
	sale := webtest.Draft(5, 1)
	sale["key"] = seckill.RehearsalKey
	a := s.Call("POST", "/api/v1/admin/sales", sale, webtest.Admin)
	require.Equal(t, []string{"key"}, webtest.ErrorFields(a), "%s", a.Body)
}

func TestTheSystemIsToldToOperatorsAlone(t *testing.T) {
	t.Parallel()
	s := webtest.NewStubbed(t, func(c *webtest.Config) {
		c.System = func(context.Context) operator.System {
			return operator.System{Program: operator.Program{Version: "v1"}, Parts: []operator.Part{{Name: "redis", Settings: []operator.Setting{}, Promises: []operator.Promise{}}},
				Promise: []operator.Promise{{Code: "ack.settled", Text: "x"}}, Settings: []operator.Setting{}, Warnings: []string{}}
		}
	})
	require.Equal(t, 401, webtest.Call(t, s, "GET", "/api/v1/admin/system", nil).Status)
	require.Equal(t, "v1", webtest.Call(t, s, "GET", "/api/v1/admin/system", nil, webtest.Admin).JSON["program"].(map[string]any)["version"])
	require.Equal(t, 503, webtest.Call(t, webtest.NewStubbed(t), "GET", "/api/v1/admin/system", nil, webtest.Admin).Status)
}

func TestAnOperatorSeesWhetherASaleIsLiveAndWhenItWasOver(t *testing.T) {
	t.Parallel()
	s := webtest.NewShop(t)
	written := webtest.Draft(1, 1)
	of := func(id string) map[string]any {
		t.Helper()
		list := s.Must(200, "GET", "/api/v1/admin/sales", nil, webtest.Admin).JSON["sales"].([]any)
		one := s.Must(200, "GET", "/api/v1/admin/sales/"+id, nil, webtest.Admin).JSON
		for _, sale := range list {
			if sale := sale.(map[string]any); sale["id"] == id {
				require.Equal(t, sale, one, "the list says the same")
			}
		}
		return one
	}
	id := s.Must(201, "POST", "/api/v1/admin/sales", written, webtest.Admin).JSON["id"].(string)
	require.NotContains(t, of(id), "phase", "a draft")
	s.Must(200, "POST", "/api/v1/admin/sales/"+id+"/preload", nil, webtest.Admin)
	require.Equal(t, "live", of(id)["phase"])
	require.NotContains(t, of(id), "ended_at")
	s.MustBuy(id, "ann")
	// What is left is remembered for a moment, so that two answers differ around it.
	require.Eventually(t, func() bool {
		return s.Call("GET", "/api/v1/admin/sales/"+id, nil, webtest.Admin).JSON["phase"] == "sold_out"
	}, webtest.Deadline, webtest.Deadline/100)
	require.Equal(t, "sold_out", of(id)["phase"])
	s.Must(200, "POST", "/api/v1/admin/sales/"+id+"/pause", nil, webtest.Admin)
	require.Equal(t, "paused", of(id)["phase"])
	before := time.Now().Add(-time.Second)
	closed := s.Must(200, "POST", "/api/v1/admin/sales/"+id+"/close", nil, webtest.Admin).JSON
	require.Equal(t, "ended", closed["phase"])
	ended, err := time.Parse(time.RFC3339, of(id)["ended_at"].(string))
	require.NoError(t, err)
	require.WithinRange(t, ended, before, time.Now().Add(time.Second), "not when it would have ended")

	later := webtest.Draft(1, 1)
	later["starts_at"], later["ends_at"] = "2088-01-01T10:00:00Z", "2088-01-01T12:00:00Z"
	require.Equal(t, "upcoming", of(s.Open(later))["phase"])
}

// Whoever reads the log during a sale learns which sale it was, and who.
func TestTheLogSaysWhoDidWhatToWhichSale(t *testing.T) {
	t.Parallel()
	var log syncBuffer
	s := webtest.NewShop(t, func(c *webtest.Config) { c.Logger = slog.New(slog.NewJSONHandler(&log, nil)) })
	id := s.Open(webtest.Draft(5, 1))
	by := []string{webtest.Admin, "X-Operator: Ann"}
	at := "/api/v1/admin/sales/" + id
	s.Must(200, "POST", at+"/pause", nil, by...)
	s.Must(200, "POST", at+"/resume", nil, by...)
	s.Must(200, "POST", at+"/items/phone-1/stock", map[string]any{"delta": 3, "reason": "more came"}, by...)
	s.Must(200, "POST", at+"/close", nil, by...)
	var told []string
	for line := range strings.Lines(log.String()) {
		var l struct{ Msg, Sale, Name, By string }
		require.NoError(t, json.Unmarshal([]byte(line), &l))
		if did, of := strings.CutPrefix(l.Msg, "operator: "); of {
			require.Equal(t, id, l.Sale)
			require.Equal(t, "A sale", l.Name)
			told = append(told, l.By+" "+did)
		}
	}
	require.Equal(t, []string{"admin created a sale", "admin preloaded a sale", "admin:Ann paused a sale", "admin:Ann resumed a sale",
		"admin:Ann changed the stock of an item", "admin:Ann closed a sale"}, told)
}

// syncBuffer is written by the handlers of a server while a test reads it.
type syncBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.String()
}
