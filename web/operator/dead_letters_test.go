package operator_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/webtest"
	"github.com/seckill-go/seckill/seckill/broker"
)

type deadLetters struct {
	list    []broker.DeadLetter
	err     error
	limit   int
	ids     []string
	ordered bool
}

func (d *deadLetters) DeadLetters(_ context.Context, limit int) ([]broker.DeadLetter, error) {
	d.limit = limit
	return d.list, d.err
}

func (d *deadLetters) DeadLettersByID(_ context.Context, id string) ([]broker.DeadLetter, error) {
	return slices.DeleteFunc(slices.Clone(d.list), func(l broker.DeadLetter) bool { return l.ID != id }), d.err
}

func (d *deadLetters) Requeue(_ context.Context, ids []string) (int, error) {
	d.ids, d.ordered = ids, true
	return 2, d.err
}

func TestDeadLettersAreShownAndSentBack(t *testing.T) {
	t.Parallel()
	d := &deadLetters{list: []broker.DeadLetter{
		{Message: broker.Message{ID: "m1", Key: "admitted.900000", Body: []byte(`{"a":1}`)}, Queue: "orders.settle", Reason: "no", Attempts: 3, At: time.Now()},
		{Message: broker.Message{ID: "m2", Body: []byte("junk")}},
		{Message: broker.Message{ID: "m3", Body: []byte{0xff}}},
	}}
	s := webtest.NewStubbed(t, func(c *webtest.Config) { c.DeadLetters = d })
	a := webtest.Call(t, s, "GET", "/api/v1/admin/dead-letters?limit=50", nil, webtest.Admin)
	require.Equal(t, 200, a.Status, "%s", a.Body)
	require.Equal(t, 50, d.limit)
	list := a.JSON["dead_letters"].([]any)
	require.Equal(t, map[string]any{"a": 1.0}, list[0].(map[string]any)["body"])
	require.Equal(t, "junk", list[1].(map[string]any)["text"])

	path := "/api/v1/admin/dead-letters/requeue"
	a = webtest.Call(t, s, "POST", path, `{"ids":["m1","m2"]}`, webtest.Admin)
	require.Equal(t, 200, a.Status, "%s", a.Body)
	require.EqualValues(t, 2, a.JSON["requeued"])
	require.Equal(t, []string{"m1", "m2"}, d.ids)
	d.ordered = false
	require.Equal(t, 400, webtest.Call(t, s, "POST", path, `{"ids":[]}`, webtest.Admin).Status, "none is not all")
	require.Equal(t, 400, webtest.Call(t, s, "POST", path, `{"id":"m1"}`, webtest.Admin).Status)
	require.False(t, d.ordered)
	require.Equal(t, 200, webtest.Call(t, s, "POST", path, nil, webtest.Admin).Status)
	require.Empty(t, d.ids, "all")
	d.err = broker.ErrNoSession
	require.Equal(t, "unavailable", webtest.Call(t, s, "GET", "/api/v1/admin/dead-letters", nil, webtest.Admin).Code())
	require.Equal(t, "unavailable", webtest.Call(t, s, "POST", path, nil, webtest.Admin).Code())
	without := webtest.NewStubbed(t)
	require.Equal(t, 503, webtest.Call(t, without, "GET", "/api/v1/admin/dead-letters", nil, webtest.Admin).Status)
	require.Equal(t, 503, webtest.Call(t, without, "POST", path, nil, webtest.Admin).Status)
}

func TestOneDeadLetterIsShownWithAllThatIsKnown(t *testing.T) {
	t.Parallel()
	d := &deadLetters{list: []broker.DeadLetter{
		{Message: broker.Message{ID: "7/1-0", Key: "admitted.900000", Body: []byte(`{"a":1}`)}, Queue: "orders.settle", Reason: "no",
			Attempts: 3, At: time.Now(), Headers: map[string]string{"x-death": "[]"}},
		{Message: broker.Message{ID: "7/1-0", Body: []byte(`{"a":1}`)}, Queue: "orders.expire"},
		{Message: broker.Message{ID: "m3", Body: []byte{0xff}}},
		{Message: broker.Message{ID: "/4", Body: []byte("junk")}},
	}}
	s := webtest.NewStubbed(t, func(c *webtest.Config) { c.DeadLetters = d })
	get := func(id string) webtest.Answer {
		return webtest.Call(t, s, "GET", "/api/v1/admin/dead-letters/"+id, nil, webtest.Admin)
	}
	a := get("7%2F1-0")
	require.Equal(t, 200, a.Status, "%s", a.Body)
	list := a.JSON["dead_letters"].([]any)
	require.Len(t, list, 2)
	first := list[0].(map[string]any)
	require.Equal(t, "7/1-0", first["id"])
	require.Equal(t, "admitted.900000", first["routing_key"])
	require.Equal(t, map[string]any{"x-death": "[]"}, first["headers"])
	require.Equal(t, map[string]any{"a": 1.0}, first["body"])
	require.Equal(t, "orders.expire", list[1].(map[string]any)["queue"])
	require.Equal(t, "/w==", get("m3").JSON["dead_letters"].([]any)[0].(map[string]any)["base64"])
	require.Equal(t, "junk", get("%2F4").JSON["dead_letters"].([]any)[0].(map[string]any)["text"])
	require.Equal(t, 404, get("7").Status)
	require.Equal(t, 404, get("").Status)
	require.Equal(t, 401, webtest.Call(t, s, "GET", "/api/v1/admin/dead-letters/m3", nil).Status)
	d.err = errors.New("down")
	require.Equal(t, 503, get("m3").Status)
	require.Equal(t, 503, webtest.Call(t, webtest.NewStubbed(t), "GET", "/api/v1/admin/dead-letters/m3", nil, webtest.Admin).Status)
}
