package ui_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/ledger"
)

// named finds what a file of the service declares, so that a new one is missed by
// nobody: form has what it is called as its only group.
func named(t *testing.T, file, form string) []string {
	t.Helper()
	source, err := os.ReadFile("../../" + file)
	require.NoError(t, err)
	var found []string
	for _, m := range regexp.MustCompile(`(?m)`+form).FindAllStringSubmatch(string(source), -1) {
		found = append(found, m[1])
	}
	require.NotEmpty(t, found, "%s has none of %s", file, form)
	return found
}

// Whatever the service can say to an operator has words on the pages, in each
// language.
func TestOperatorsHaveWordsForAllThatTheServiceCanSay(t *testing.T) {
	t.Parallel()
	words := map[string][]string{}
	say := func(prefix string, names ...string) { words[prefix] = append(words[prefix], names...) }
	codes := named(t, "seckill/errors.go", `^\tCode\w+ +Code = "(\w+)"`)
	say("admin.code.", codes...)
	say("admin.problem.", codes...)
	for _, s := range seckill.SaleStates {
		say("admin.state.", string(s))
	}
	for _, s := range seckill.OrderStatuses {
		say("admin.status.", string(s))
	}
	say("admin.wait.", named(t, "seckill/waiter.go", `^\tWaiter\w+ +WaiterStatus = "(\w+)"`)...)
	say("admin.draw.state.", named(t, "seckill/draw.go", `^\tDraw\w+ +DrawState = "(\w+)"`)...)
	say("draw.now.", named(t, "seckill/draw.go", `^\tDraw\w+ +DrawState = "(\w+)"`)...)
	say("admin.entry.", seckill.Entries...)
	for _, a := range ledger.Actions {
		say("admin.did.", strings.ReplaceAll(a, " ", "_"))
	}
	say("admin.by.", named(t, "worker/unloader.go", `\bunloaderActor += "(\w+)"`)...)
	say("admin.by.", named(t, "cmd/seckill/example.go", `\bexampleActor = "(\w+)"`)...)
	say("admin.by.", named(t, "web/rehearsal/rehearsal.go", `^\tactor += "(\w+)"`)...)
	for _, r := range seckill.Reasons {
		say("admin.reason.", seckill.ReasonWord(r))
	}
	say("admin.payment.", named(t, "seckill/ledger/payment.go", `^\tpayment\w+ += "(\w+)"`)...)
	say("admin.outcome.", named(t, "seckill/order.go", `PaymentOutcome = "(\w+)"`)...)
	say("admin.callback.", named(t, "seckill/order.go", `PaymentEventType = "([\w.]+)"`)...)
	say("admin.place.", named(t, "web/operator/order_history.go", `ledger\.Place\w+: +"(\w+)"`)...)
	say("admin.place.", "in_flight")
	say("admin.move.", named(t, "web/operator/order_history.go", `ledger\.Stock\w+: +"(\w+)"`)...)
	say("admin.action.", named(t, "web/operator/import.go", `^\timport\w+ += "(\w+)"`)...)
	say("admin.rehearsal.", named(t, "web/rehearsal/tally.go", `^\tstate\w+ += "(\w+)"`)...)
	say("admin.promise.", named(t, "cmd/seckill/promises.go", `^\t"([\w.]+)": +\{Text`)...)
	say("admin.source.", "default")
	say("admin.source.", named(t, "internal/config/load.go", `Source\("(\w+) `)...)
	// What a form can be told at its fields, but for what a field checks itself.
	for _, name := range named(t, "seckill/sale.go", `wrong\((?:at\()?"(\w+)"`) {
		rule := map[string]string{"starts_at": "year", "ends_at": "order", "hold_seconds": "hold", "limit_per_buyer": "limit", "image_url": "image", "goods_id": "sku"}[name]
		if rule == "" {
			rule = name
		}
		say("admin.wrong.", rule)
	}
	for _, language := range []string{"en", "zh"} {
		known := keys(texts(t, language))
		for prefix, names := range words {
			for _, name := range names {
				assert.Contains(t, known, prefix+name, "in %s", language)
			}
		}
	}
}

// A Chinese page has no English sentence on it, but for what people wrote and the
// words of a log.
func TestTheChineseTextsAreChinese(t *testing.T) {
	t.Parallel()
	sentence := regexp.MustCompile(`[A-Za-z]+ [a-z]+ [a-z]+`)
	for key, text := range texts(t, "zh") {
		assert.NotRegexp(t, sentence, text, key)
		assert.NotRegexp(t, `\p{Han}[,;:!?]|[,;!?]\p{Han}`, text, "%s has a half-width sign", key)
	}
}
