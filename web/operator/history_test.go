package operator_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/webtest"
)

type pastPoint struct {
	At                                  string
	Available, Reserved, Sold, Accepted int64
	InFlight                            int64 `json:"in_flight"`
	Refused                             int64
}

// pastOf opens a dashboard and gives what it is told first: what was before it.
func pastOf(t *testing.T, s http.Handler, sale string) []pastPoint {
	t.Helper()
	srv := httptest.NewServer(s)
	defer srv.Close()
	ctx, cancel := context.WithTimeout(t.Context(), webtest.Deadline)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, "GET", srv.URL+"/api/v1/admin/sales/"+sale+"/live", nil)
	require.NoError(t, err)
	name, value, _ := strings.Cut(webtest.Admin, ": ")
	req.Header.Set(name, value)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if lines.Text() == "" || strings.HasPrefix(lines.Text(), "retry:") || strings.HasPrefix(lines.Text(), ":") {
			continue
		}
		require.Equal(t, "event: reading", lines.Text())
		require.True(t, lines.Scan())
		var first struct{ History []pastPoint }
		text, _ := strings.CutPrefix(lines.Text(), "data: ")
		require.NoError(t, json.Unmarshal([]byte(text), &first))
		require.NotNil(t, first.History, "the first reading has it, if only empty")
		return first.History
	}
	require.NoError(t, lines.Err())
	require.Fail(t, "the stream ended")
	return nil
}

// often has open sales sampled so that no test waits for it.
func often(c *webtest.Config) { c.SampleEvery = 50 * time.Millisecond }

// Two processes, and nobody looks at the sale while it sells: whichever serves the
// dashboard later knows how it went.
func TestADashboardKnowsWhatHappenedBeforeItWasOpened(t *testing.T) {
	t.Parallel()
	s := webtest.NewShop(t, often)
	cfg, _, _ := webtest.StubConfig(t)
	cfg.Gate, cfg.Ledger = s.Gate, s.Ledger
	often(&cfg)
	other := webtest.NewServer(t, cfg)
	s.Run(s.Server.KeepHistory)
	s.Run(other.KeepHistory)
	sale := s.Open(webtest.Draft(3, 1))
	both := []*webtest.Server{s.Server, other}
	last := func(fits func(pastPoint) bool) {
		t.Helper()
		for _, server := range both {
			require.Eventually(t, func() bool {
				points := pastOf(t, server.Handler(), sale)
				return len(points) > 0 && fits(points[len(points)-1])
			}, webtest.Deadline, webtest.Deadline/100)
		}
	}
	last(func(p pastPoint) bool { return p.Available == 3 && p.Accepted == 0 })
	s.MustBuy(sale, "ann")
	s.MustBuy(sale, "bob")
	require.Equal(t, 409, s.Buy(sale, "ann", 1).Status)
	last(func(p pastPoint) bool { return p.Available == 1 && p.InFlight == 2 && p.Accepted == 2 })
	s.Settle(sale)
	last(func(p pastPoint) bool { return p.Reserved == 2 && p.InFlight == 0 && p.Accepted == 2 })
	for i, server := range both {
		points := pastOf(t, server.Handler(), sale)
		require.EqualValues(t, 3, points[0].Available, "it goes back to the start")
		require.EqualValues(t, 1-i, points[len(points)-1].Refused, "each process knows what it refused itself")
		for j := 1; j < len(points); j++ {
			require.Less(t, points[j-1].At, points[j].At)
		}
	}
}

func TestASaleThatIsNotOpenIsNotSampled(t *testing.T) {
	t.Parallel()
	s := webtest.NewShop(t, often)
	s.Run(s.Server.KeepHistory)
	later := webtest.Draft(3, 1)
	later["starts_at"], later["ends_at"] = "2088-01-01T10:00:00Z", "2088-01-01T12:00:00Z"
	sale, open := s.Open(later), s.Open(webtest.Draft(1, 1))
	require.Eventually(t, func() bool { return len(pastOf(t, s.Server.Handler(), open)) > 0 }, webtest.Deadline, webtest.Deadline/100)
	require.Empty(t, pastOf(t, s.Server.Handler(), sale))
}
