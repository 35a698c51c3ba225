package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/seckill-go/seckill/internal/load"
	"github.com/seckill-go/seckill/seckill"
)

// benchReport is what `seckill bench` found out; its JSON is for scripts.
type benchReport struct {
	Version     string    `json:"version"`
	Began       time.Time `json:"began"`
	URL         string    `json:"url"`
	Sale        string    `json:"sale_id"`
	Loop        string    `json:"loop"` // open or closed
	Connections int       `json:"connections"`
	Rate        float64   `json:"rate,omitempty"`
	Buyers      int       `json:"buyers"`
	Elapsed     float64   `json:"elapsed_seconds"`

	Requests int64 `json:"requests"`
	Accepted int64 `json:"accepted"`
	Refused  int64 `json:"refused"`
	Failed   int64 `json:"failed"`

	AcceptedPerSecond float64 `json:"accepted_per_second"`
	AnswersPerSecond  float64 `json:"answers_per_second"`

	RefusedBy map[string]int64 `json:"refused_by"`
	FailedBy  map[string]int64 `json:"failed_by"`

	// Latency counts from when a request was due, Service from when it was sent;
	// in a closed loop they are the same.
	Latency latencies     `json:"latency_ms"`
	Service latencies     `json:"service_ms"`
	Seconds []load.Second `json:"seconds"`

	// Payable is how long after the last answer the last accepted order was in SQL.
	Payable float64                       `json:"last_order_payable_after_seconds"`
	Orders  map[seckill.OrderStatus]int64 `json:"orders"`
	Audit   seckill.Audit                 `json:"audit"`
	Notes   []string                      `json:"notes,omitempty"`

	lastAnswer time.Time
	histogram  *hdrhistogram.Histogram
}

// latencies are in milliseconds.
type latencies struct {
	Mean float64 `json:"mean"`
	P50  float64 `json:"p50"`
	P90  float64 `json:"p90"`
	P99  float64 `json:"p99"`
	P999 float64 `json:"p99_9"`
	Max  float64 `json:"max"`
}

func latenciesOf(h *hdrhistogram.Histogram) latencies {
	q := func(p float64) float64 { return float64(h.ValueAtQuantile(p)) / 1000 }
	return latencies{Mean: h.Mean() / 1000, P50: q(50), P90: q(90), P99: q(99), P999: q(99.9), Max: float64(h.Max()) / 1000}
}

func newBenchReport(b *bench, r *load.Result) *benchReport {
	report := &benchReport{
		Version: thisBuild().Short(), Began: r.Began.UTC(), URL: b.client.base, Sale: b.id, Loop: "closed",
		Connections: b.connections, Rate: b.rate, Buyers: b.buyers, Elapsed: r.Elapsed.Seconds(),
		Requests: r.Accepted + r.Refused + r.Failed, Accepted: r.Accepted, Refused: r.Refused, Failed: r.Failed,
		AcceptedPerSecond: r.PerSecond(r.Accepted), AnswersPerSecond: r.PerSecond(r.Accepted + r.Refused),
		RefusedBy: r.RefusedBy, FailedBy: r.FailedBy, Latency: latenciesOf(r.Latency), Service: latenciesOf(r.Service),
		Seconds: r.Seconds, Notes: hindrances(r.RefusedBy),
		lastAnswer: r.Began.Add(r.Elapsed), histogram: r.Latency,
	}
	if b.rate > 0 {
		report.Loop = "open"
	}
	return report
}

// hindrances say what the answers tell of settings that stood in the way.
func hindrances(refused map[string]int64) (notes []string) {
	for _, h := range []struct {
		code seckill.Code
		note string
	}{
		{seckill.CodeRateLimited, "met a rate limit: set limits.per_ip_rps and limits.per_buyer_rps of the server to 0 (off) for the run"},
		{seckill.CodeUnauthorized, "came with a token that the server does not accept: auth.hs256_secret, auth.issuer and auth.audience must be the server's"},
		{seckill.CodeUnavailable, "were told to ask again: as many orders waited for SQL as may (admission.max_in_flight), the sale was paused, or a service was away for a moment; the server's log and seckill_admissions_total tell which"},
		{seckill.CodeLimitExceeded, "were over their buyer's limit: more --buyers are needed for so many orders"},
		{seckill.CodeNotStarted, "came before the sale opened"},
	} {
		if n := refused[string(h.code)]; n > 0 {
			notes = append(notes, fmt.Sprintf("%d requests %s", n, h.note))
		}
	}
	return notes
}

// How is the load in words.
func (r *benchReport) How() string {
	if r.Loop == "open" {
		return fmt.Sprintf("open loop, %.0f requests/s, %d connections, %d buyers", r.Rate, r.Connections, r.Buyers)
	}
	return fmt.Sprintf("closed loop, %d connections, %d buyers", r.Connections, r.Buyers)
}

// From tells what latencies count from.
func (r *benchReport) From() string {
	if r.Loop == "open" {
		return "from when a request was due"
	}
	return "from when a request was sent"
}

func (r *benchReport) print(out io.Writer) {
	var rows table
	row := func(what, format string, args ...any) {
		rows.row(what, fmt.Sprintf(format, args...))
	}
	row("load", "%s, %.1f s", r.How(), r.Elapsed)
	row("accepted", "%d, %.0f a second", r.Accepted, r.AcceptedPerSecond)
	row("refused", "%d%s", r.Refused, countsOf(r.RefusedBy))
	row("failed", "%d%s", r.Failed, countsOf(r.FailedBy))
	row("answers", "%.0f a second", r.AnswersPerSecond)
	row("latency, ms", "mean %.1f  p50 %.1f  p90 %.1f  p99 %.1f  p99.9 %.1f  max %.1f (%s)", r.Latency.Mean,
		r.Latency.P50, r.Latency.P90, r.Latency.P99, r.Latency.P999, r.Latency.Max, r.From())
	if r.Loop == "open" {
		row("", "p50 %.1f  p99 %.1f  p99.9 %.1f (from when it was sent)", r.Service.P50, r.Service.P99, r.Service.P999)
	}
	row("payable", "the last order %.2f s after the last answer", r.Payable)
	row("audit", "sale %s: every unit is in exactly one place", r.Sale)
	rows.print(out)
	for _, n := range r.Notes {
		fmt.Fprintln(out, "note: "+n)
	}
}

// countsOf lists counts, the most frequent first.
func countsOf(counts map[string]int64) string {
	if len(counts) == 0 {
		return ""
	}
	names := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		if counts[a] != counts[b] {
			return int(counts[b] - counts[a])
		}
		return strings.Compare(a, b)
	})
	for i, n := range names {
		names[i] = fmt.Sprintf("%s %d", n, counts[n])
	}
	return ": " + strings.Join(names, ", ")
}
