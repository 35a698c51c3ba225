package operator_test

import (
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/webtest"
	"github.com/seckill-go/seckill/seckill/inventory"
)

const stockFile = "goods,on_hand,by,reason\ncup,20,,counted\npen,,-2,\nmat,,7,\n"

// importer sends files of the stock.
type importer struct{ *webtest.Shop }

func newImporter(t *testing.T, change ...func(*webtest.Config)) importer {
	t.Helper()
	s := webtest.NewShop(t, change...)
	for _, goods := range []string{"cup", "pen"} {
		s.Must(200, "POST", stockPath+"/"+goods, map[string]any{"on_hand": 10, "reason": "delivered"}, webtest.Admin)
	}
	return importer{s}
}

func (i importer) send(query, file string, headers ...string) webtest.Answer {
	i.T.Helper()
	return i.Call("POST", stockPath+"-import"+query, file, append([]string{"Content-Type: text/csv; charset=utf-8", webtest.Admin}, headers...)...)
}

func (i importer) apply(file, reason, key string, headers ...string) webtest.Answer {
	i.T.Helper()
	return i.send("?apply=true&reason="+url.QueryEscape(reason), file, append(headers, "Idempotency-Key: "+key)...)
}

func (i importer) onHand(goods string) any {
	i.T.Helper()
	return i.Call("GET", stockPath+"/"+goods, nil, webtest.Admin).JSON["on_hand"]
}

// rowsOf are the rows of an answer: the row of the file, the goods, before and after, and
// what there is more.
func rowsOf(a webtest.Answer) (rows []string) {
	for _, one := range a.JSON["rows"].([]any) {
		r := one.(map[string]any)
		more := ""
		if r["new"] == true {
			more = " new"
		}
		if r["wrong"] != nil {
			more += " " + r["wrong"].(string)
		}
		rows = append(rows, fmt.Sprintf("%v %v %v-%v%s", r["row"], r["goods"], r["before"], r["after"], more))
	}
	return rows
}

func TestAStockImportTellsWhatItWillDoAndThenDoesItOnce(t *testing.T) {
	t.Parallel()
	var log syncBuffer
	s := newImporter(t, func(c *webtest.Config) { c.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
	does := []string{"2 cup 10-20", "3 pen 10-8", "4 mat 0-7 new"}
	a := s.send("", stockFile)
	require.Equal(t, 200, a.Status, "%s", a.Body)
	require.Equal(t, does, rowsOf(a))
	require.Equal(t, false, a.JSON["applied"])
	require.EqualValues(t, 10, s.onHand("cup"), "a preview changes nothing")

	a = s.apply(stockFile, " delivered 送到 ", "monday", "X-Operator: Ann")
	require.Equal(t, 200, a.Status, "%s", a.Body)
	require.Equal(t, does, rowsOf(a))
	require.Equal(t, []any{true, false}, []any{a.JSON["applied"], a.JSON["repeated"]})
	require.EqualValues(t, 20, s.onHand("cup"))
	require.EqualValues(t, 8, s.onHand("pen"))
	require.EqualValues(t, 7, s.onHand("mat"))
	require.Equal(t, 1, strings.Count(log.String(), "an operator imported stock"))
	require.Contains(t, log.String(), `rows=3 key=monday actor=admin:Ann`)
	for goods, reason := range map[string]string{"cup": "counted", "pen": "delivered 送到"} {
		changes := s.Must(200, "GET", stockPath+"/"+goods+"/history", nil, webtest.Admin).JSON["changes"].([]any)
		last := changes[0].(map[string]any)
		require.Equal(t, []any{"set", "admin:Ann", reason}, []any{last["kind"], last["user"], last["reason"]})
	}

	again := s.apply(stockFile, "delivered 送到", "monday")
	require.Equal(t, 200, again.Status, "%s", again.Body)
	require.Equal(t, []any{true, true, a.JSON["at"]}, []any{again.JSON["applied"], again.JSON["repeated"], again.JSON["at"]})
	require.Empty(t, rowsOf(again))
	require.EqualValues(t, 8, s.onHand("pen"))
	require.Equal(t, 1, strings.Count(log.String(), "an operator imported stock"))

	other := s.apply(strings.Replace(stockFile, "-2", "-3", 1), "delivered 送到", "monday")
	require.Equal(t, 422, other.Status, "%s", other.Body)
	require.Equal(t, "conflict", other.Code())
	require.Contains(t, other.JSON["detail"], "Under this key something else was imported at")
	require.EqualValues(t, 8, s.onHand("pen"))
	require.Equal(t, true, s.Must(200, "GET", stockPath+"-audit", nil, webtest.Admin).JSON["clean"])
}

func TestRowsThatTheStockCannotTakeAreNamedByTheirNumbers(t *testing.T) {
	t.Parallel()
	s := newImporter(t)
	_, err := s.Stock.Sell(t.Context(), inventory.Order{OrderNo: "1", User: "eve", Lines: []inventory.Line{{Goods: "cup", Quantity: 9}}})
	require.NoError(t, err)
	file := "goods,on_hand,by\npen,30,\ncup,8,\n\nmug,,-1\n"
	const fewer, unknown = "of 10 units on hand 9 are reserved by orders and 0 allotted to sales: at most 1 can be taken away", "no such goods: mug"
	require.Equal(t, []string{"2 pen 10-30", "3 cup 10-10 " + fewer, "5 mug 0-0 " + unknown}, rowsOf(s.send("", file)))
	a := s.apply(file, "counted", "k")
	require.Equal(t, 409, a.Status, "%s", a.Body)
	require.Equal(t, []any{map[string]any{"field": "row 3", "reason": fewer}, map[string]any{"field": "row 5", "reason": unknown}}, a.JSON["errors"])
	require.EqualValues(t, 10, s.onHand("pen"), "all of a file or nothing")

	a = s.send("", "goods,on_hand\ncup,ten\n-,5\ncup,6\n")
	require.Equal(t, 400, a.Status)
	require.Equal(t, []string{"row 2", "row 3", "row 4"}, webtest.ErrorFields(a))
	require.Equal(t, []string{"file"}, webtest.ErrorFields(s.send("", "goods,on_hand\n")))
}

func TestAStockImportIsAppliedWithAKeyAndAReasonAlone(t *testing.T) {
	t.Parallel()
	s := newImporter(t)
	key := "Idempotency-Key: k"
	for name, c := range map[string]struct {
		query   string
		headers []string
		field   string
	}{
		"no key":       {"?apply=true&reason=x", nil, "Idempotency-Key"},
		"odd key":      {"?apply=true&reason=x", []string{"Idempotency-Key: a b"}, "Idempotency-Key"},
		"two keys":     {"?apply=true&reason=x", []string{key, key}, "Idempotency-Key"},
		"no reason":    {"?apply=true", []string{key}, "reason"},
		"blank reason": {"?apply=true&reason=+", []string{key}, "reason"},
		"long reason":  {"?apply=true&reason=" + strings.Repeat("x", 201), []string{key}, "reason"},
		"odd apply":    {"?apply=yes&reason=x", []string{key}, "apply"},
		"other type":   {"?apply=true&reason=x", []string{key, "Content-Type: application/json"}, "Content-Type"},
	} {
		a := s.send(c.query, stockFile, c.headers...)
		require.Equal(t, 400, a.Status, "%s: %s", name, a.Body)
		require.Equal(t, []string{c.field}, webtest.ErrorFields(a), name)
	}
	require.Equal(t, 413, s.send("", strings.Repeat("#", 64<<10+1)).Status)
	require.Equal(t, 401, s.Call("POST", stockPath+"-import", stockFile, "Content-Type: text/csv").Status)
	require.EqualValues(t, 10, s.onHand("cup"))
	s.Must(200, "POST", stockPath+"/import", map[string]any{"on_hand": 1, "reason": "goods may have this name"}, webtest.Admin)
}

func TestWithoutAStockNothingIsImported(t *testing.T) {
	t.Parallel()
	a := webtest.Call(t, webtest.NewStubbed(t), "POST", stockPath+"-import", stockFile, "Content-Type: text/csv", webtest.Admin)
	require.Equal(t, 503, a.Status)
}
