package web_test

import (
	"encoding/json"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/webtest"
	"github.com/seckill-go/seckill/seckill"
)

func TestAProcessThatStartsIsNotHealthyYet(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		opened := make(chan struct{})
		s := webtest.NewStubbed(t, func(c *webtest.Config) { c.Opened = opened })
		for _, path := range []string{"/healthz", "/api/v1/sales", "/api/v1/admin/sales", "/"} {
			began := time.Now()
			rec := get(s.Handler(), path)
			require.Equal(t, 503, rec.Code, path)
			require.NotEmpty(t, rec.Header().Get("Retry-After"), path)
			require.Less(t, time.Since(began), 30*time.Second, path)
			var problem struct{ Code, Detail string }
			require.NoError(t, json.Unmarshal(rec.Body.Bytes(), &problem))
			require.Equal(t, "unavailable", problem.Code)
			require.Contains(t, problem.Detail, "is starting")
		}
		time.AfterFunc(time.Second, func() { close(opened) })
		require.Equal(t, 200, get(s.Handler(), "/healthz").Code, "whoever comes a moment early waits")
		require.Equal(t, 200, get(s.Handler(), "/healthz").Code)
	})
}

// Both are refused for the same reason, and each is told of what they want to do.
func TestOperatorsAreNotToldThatOrdersCannotBeTaken(t *testing.T) {
	t.Parallel()
	s := webtest.NewStubbed(t, func(c *webtest.Config) { c.IDs = seckill.NewIDGenerator(seckill.SystemClock) }) // it has no lease
	a := webtest.Call(t, s, "POST", "/api/v1/admin/sales", webtest.Draft(1, 1), webtest.Admin)
	require.Equal(t, 503, a.Status)
	require.NotEmpty(t, a.Header.Get("Retry-After"))
	require.Contains(t, a.JSON["detail"], "cannot make new sales at the moment")
	require.NotContains(t, a.JSON["detail"], "Orders")
}
