package e2e

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
	"github.com/seckill-go/seckill/seckill/broker"
)

// amqpChannel opens a channel beside the stage's processes.
func (s *stage) amqpChannel() (*amqp.Channel, broker.Names) {
	s.t.Helper()
	var url string
	names := broker.Names{Prefix: "seckill"}
	for _, v := range s.env {
		if value, ok := strings.CutPrefix(v, "SECKILL_RABBITMQ_URL="); ok {
			url = value
		}
		if value, ok := strings.CutPrefix(v, "SECKILL_RABBITMQ_PREFIX="); ok {
			names.Prefix = value
		}
	}
	conn, err := amqp.Dial(url)
	require.NoError(s.t, err)
	s.t.Cleanup(func() { conn.Close() })
	ch, err := conn.Channel()
	require.NoError(s.t, err)
	return ch, names
}

// A shop's own system binds a queue to the events and reads what happened to
// each order, in the form that docs/events.schema.json promises.
func TestOtherSystemsReceiveEventsThatFitTheSchema(t *testing.T) {
	t.Parallel()
	schema, err := jsonschema.NewCompiler().Compile(repository + "/docs/events.schema.json")
	require.NoError(t, err)
	s := external(t, 1, 1)
	ch, names := s.amqpChannel()
	queue, err := ch.QueueDeclare("", false, true, true, false, nil)
	require.NoError(t, err)
	require.NoError(t, ch.QueueBind(queue.Name, "order.*", names.Exchange(broker.ExchangeEvents), false, nil))
	deliveries, err := ch.Consume(queue.Name, "", true, true, false, false, nil)
	require.NoError(t, err)

	sale := s.openSale(longHold, item{"phone-1", 10, 1})
	paidToken, paid := sale.awaiting("payer")
	require.Equal(t, "applied", s.pay(paidToken, paid).Result)
	cancelToken, cancelled := sale.awaiting("canceller")
	must(t, "POST", s.url(0)+"/api/v1/orders/"+cancelled+"/cancel", cancelToken, nil)
	require.Equal(t, "applied", s.callback("evt-late", time.Now(), succeeded("pay_late", cancelled, price)).Result)

	want := map[string][]string{
		paid:      {"order.awaiting_payment", "order.paid"},
		cancelled: {"order.awaiting_payment", "order.cancelled", "order.paid"},
	}
	got := map[string][]string{}
	seen := map[string]bool{}
	deadline := time.After(time.Minute)
	for len(seen) < 5 {
		select {
		case d := <-deliveries:
			document, err := jsonschema.UnmarshalJSON(bytes.NewReader(d.Body))
			require.NoError(t, err)
			require.NoError(t, schema.Validate(document), "%s", d.Body)
			var event struct {
				ID, Type string
				Order    struct{ ID string }
			}
			require.NoError(t, json.Unmarshal(d.Body, &event))
			require.Equal(t, event.ID, d.MessageId)
			require.Equal(t, event.Type, d.RoutingKey)
			if !seen[event.ID] { // at least once
				seen[event.ID] = true
				got[event.Order.ID] = append(got[event.Order.ID], event.Type)
			}
		case <-deadline:
			t.Fatalf("only %v came", got)
		}
	}
	require.Equal(t, want, got, "each order's events in the order of its changes")
}

func TestAMalformedMessageIsADeadLetterAndHoldsUpNobody(t *testing.T) {
	t.Parallel()
	s := external(t, 1, 1)
	sale := s.openSale(longHold, item{"phone-1", 10, 1})
	ch, names := s.amqpChannel()
	nobodys := sale.id + " 1-0 1 1000 600000\n1 5 =k CNY phone-1:1:5  "
	for _, body := range []string{"{", nobodys} {
		require.NoError(t, ch.Publish(names.Exchange(broker.ExchangeOrders), broker.AdmittedKey(longHold), true, false,
			amqp.Publishing{MessageId: "bad", Body: []byte(body)}))
	}
	sale.awaiting("alice")

	var out string
	url := "--url=" + s.url(0)
	listed := func() bool {
		var code int
		code, out, _ = s.command("dead-letters", "list", url)
		return code == 1 && strings.Count(out, "orders.settle") == 2
	}
	testkit.Eventually(t, listed, "both are dead letters")
	require.Contains(t, out, "not an outbox entry")
	code, out, errs := s.command("dead-letters", "show", "bad", url)
	require.Equal(t, 0, code, "%s", errs)
	require.Equal(t, 2, strings.Count(out, "orders.settle"), "%s", out)
	for _, part := range []string{"id:", "key:", "admitted.600000", "not an outbox entry", "attempts:", "died:", "no valid buyer", "\n{\n", "\n1 5 =k CNY phone-1:1:5"} {
		require.Contains(t, out, part)
	}
	code, _, errs = s.command("dead-letters", "show", "7/unknown", url)
	require.Equal(t, 1, code, "%s", errs)

	// Nobody need look for them: whoever audits sees them, and audits as well as ever.
	testkit.Eventually(t, func() bool {
		code, out, _ = s.command("audit", sale.id, url)
		return code == 0 && strings.Contains(out, "dead letters: 1 message of 1 order of sale "+sale.id) &&
			strings.Contains(out, "dead letters: 1 message that cannot be read")
	}, "the audit has a line about them")
	code, out, _ = s.command("audit", "--json", sale.id, url)
	require.Equal(t, 0, code)
	require.Contains(t, out, `"dead_letters":{"known":true,"messages":1,"orders":1,"unreadable":1,"at_least":false}`)
	testkit.Eventually(t, func() bool { return strings.Contains(s.workers[0].logged(), "DEAD LETTERS") }, "the auditor is loud")

	code, out, errs = s.command("dead-letters", "requeue", "--all", url)
	require.Equal(t, 0, code, "%s", errs)
	require.Contains(t, out, "2 sent back")
	testkit.Eventually(t, listed, "they are dead letters again, since nobody mended them")
	sale.awaiting("bob")
	sale.audit()
}
