package e2e

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/fault"
	"github.com/seckill-go/seckill/internal/proof/testkit"
)

// death is a process that kills itself at a fault point while its installation
// works, and that another takes the place of.
type death struct {
	at   fault.Name
	in   string // what dies: web, worker, or serve, which is the embedded process
	pass int    // at which it dies; the third when 0
	with string // armed besides
	env  []string
	life func(*mortal)
}

var deaths = []death{
	{at: fault.AdmitSent, in: "web", life: rushing},
	{at: fault.AdmitReserved, in: "web", life: rushing},
	{at: fault.BuyAdmitted, in: "web", life: rushing},
	{at: fault.CallbackCommitted, in: "web", life: paying},
	{at: fault.CancelCommitted, in: "web", life: cancelling},
	{at: fault.PreloadReady, in: "web", life: preloading},
	{at: fault.StateChanged, in: "web", life: pausing},
	{at: fault.StockTaken, in: "web", life: stocking},
	{at: fault.StockChanged, in: "web", life: stocking},
	{at: fault.LedgerBegun, in: "web", pass: 8, life: paying},
	{at: fault.LedgerCommitted, in: "web", pass: 8, life: paying},

	{at: fault.RelayRead, in: "worker", life: rushing},
	{at: fault.RelayClaimed, in: "worker", with: "relay.read=error@1-4", life: rushing},
	{at: fault.RelayPublished, in: "worker", life: rushing},
	{at: fault.SettlerReceived, in: "worker", life: rushing},
	{at: fault.SettlerCommitted, in: "worker", life: rushing},
	{at: fault.SettlerCleared, in: "worker", life: rushing},
	{at: fault.ExpirerReceived, in: "worker", life: expiring},
	{at: fault.ExpirerCommitted, in: "worker", life: expiring},
	{at: fault.ReleaserRead, in: "worker", life: expiring},
	{at: fault.ReleaserReleased, in: "worker", life: expiring},
	{at: fault.ReleaserMarked, in: "worker", life: expiring},
	{at: fault.AnnouncerRead, in: "worker", life: paying},
	{at: fault.AnnouncerPublished, in: "worker", life: paying},
	{at: fault.NotifierClaimed, in: "worker", life: paying},
	{at: fault.NotifierAnswered, in: "worker", life: paying},
	{at: fault.InquirerAnswered, in: "worker", life: inquiring},
	{at: fault.RefunderAnswered, in: "worker", life: refunding},
	{at: fault.PaymentsReceived, in: "worker", life: paying},
	{at: fault.PaymentsCommitted, in: "worker", life: paying},
	{at: fault.OffererNoted, in: "worker", life: offering},
	{at: fault.OffererOffered, in: "worker", life: offering},
	{at: fault.DrawerClosed, in: "worker", pass: 1, life: drawing},
	{at: fault.DrawerCommitted, in: "worker", pass: 1, life: drawing},
	{at: fault.DrawerRanked, in: "worker", pass: 1, life: drawing},
	{at: fault.DrawerPlaced, in: "worker", pass: 1, life: drawing},
	{at: fault.UsherCalled, in: "worker", pass: 1, life: queueing},
	{at: fault.AllotmentSettled, in: "worker", pass: 2, life: returning},
	{at: fault.LedgerBegun, in: "worker", pass: 4, life: rushing},
	{at: fault.LedgerCommitted, in: "worker", pass: 4, life: rushing},

	{at: fault.RetakeTaken, in: "web", life: payingLate},
	{at: fault.LoadFenced, in: "web", life: preloading},
	{at: fault.LoadRead, in: "web", life: preloading},
	{at: fault.LoadWritten, in: "web", life: preloading},
	{at: fault.LoadOpened, in: "web", life: preloading},

	{at: fault.LoadRead, in: "worker", pass: 1, life: restoring},

	// What is in memory alone goes with the embedded process.
	{at: fault.AdmitReserved, in: "serve", life: rushing},
	{at: fault.SettlerCommitted, in: "serve", life: rushing},
	{at: fault.ReleaserReleased, in: "serve", life: expiring},
	{at: fault.OffererOffered, in: "serve", life: offering},
	{at: fault.DrawerRanked, in: "serve", pass: 1, life: drawing},
	{at: fault.CallbackCommitted, in: "serve", life: paying},
	{at: fault.RetakeTaken, in: "serve", life: payingLate},
}

func TestNothingIsLostWhereverAProcessDies(t *testing.T) {
	t.Parallel()
	for i, d := range deaths {
		t.Run(fmt.Sprintf("%s in %s", d.at, d.in), func(t *testing.T) {
			testkit.InTurn(t, i, 8)
			t.Parallel()
			m := mortals(t, d)
			d.life(m)
			m.diedOf(d.at)
		})
	}
}

func TestEveryFaultPointHasADeath(t *testing.T) {
	for _, name := range fault.Names() {
		require.True(t, slices.ContainsFunc(deaths, func(d death) bool { return d.at == name }), "nobody dies at %s", name)
	}
}

// mortal is an installation of which one process is going to die.
type mortal struct {
	*stage
	provider *provider
	shop     *webhookShop
	victim   *process
	// revived is closed when another process is in the victim's place.
	revived chan struct{}
}

// inSmallSteps makes a small rush pass every point several times, and lets the
// next process go on soon after a death.
var inSmallSteps = []string{
	"SECKILL_ADMISSION_BATCH_LIMIT=8", "SECKILL_RELAY_BATCH=2", "SECKILL_SETTLER_BATCH=8",
	"SECKILL_RELEASER_EVERY=10ms", "SECKILL_ANNOUNCER_EVERY=10ms",
	"SECKILL_EXPIRER_SWEEP_EVERY=200ms", "SECKILL_EXPIRER_SWEEP_GRACE=1s",
	"SECKILL_RELAY_REPUBLISH_AFTER=1s", "SECKILL_WORKER_LEASE_TTL=1s",
}

// mortals starts the installation, with the point armed in one process.
func mortals(t *testing.T, d death) *mortal {
	plan := fmt.Sprintf("%s=kill@%d", d.at, cmp.Or(d.pass, 3))
	if d.with != "" {
		plan += ";" + d.with
	}
	m := &mortal{provider: newProvider(t), shop: newWebhookShop(t), revived: make(chan struct{})}
	if d.in == "serve" {
		m.stage = onData(t)
	} else {
		m.stage = onServices(t)
	}
	m.env = slices.Concat(m.env, inSmallSteps, m.provider.env(), m.shop.env(), d.env)
	m.victim = start(t, append(slices.Clone(m.env), fault.Env+"="+plan), d.in)
	switch d.in {
	case "worker":
		m.workers = []*process{m.victim}
		m.webs = []*process{start(t, m.env, "web")}
	case "web":
		m.workers = []*process{start(t, m.env, "worker")}
		fallthrough
	default:
		m.webs = []*process{m.victim}
	}
	m.awaitReady()
	go m.revive()
	return m
}

func (m *mortal) revive() {
	<-m.victim.done
	if m.t.Context().Err() != nil {
		return // the test is over
	}
	fresh := start(m.t, m.env, m.victim.cmd.Args[1:]...)
	stageMu.Lock()
	m.replace(m.victim, fresh)
	stageMu.Unlock()
	close(m.revived)
}

func (m *mortal) dead() bool {
	select {
	case <-m.victim.done:
		return true
	default:
		return false
	}
}

// whole waits until the victim has died and the installation is complete again.
func (m *mortal) whole() {
	m.t.Helper()
	testkit.Eventually(m.t, m.dead, "the process has come to its end")
	select {
	case <-m.revived:
	case <-m.t.Context().Done():
	}
	m.awaitReady()
}

// diedOf checks that it was the point that killed, and nothing else.
func (m *mortal) diedOf(point fault.Name) {
	m.t.Helper()
	status, ok := m.victim.cmd.ProcessState.Sys().(syscall.WaitStatus)
	require.True(m.t, ok)
	require.True(m.t, status.Signaled(), "exit code %d", m.victim.cmd.ProcessState.ExitCode())
	require.Equal(m.t, syscall.SIGKILL, status.Signal())
	log := m.victim.logged()
	require.Contains(m.t, log, fmt.Sprintf(`"point":"%s","action":"kill"`, point))
	first, _, _ := strings.Cut(log, "\n")
	require.Contains(m.t, first, "FAULT POINTS ARE ARMED")
	require.Contains(m.t, first, string(point))
}
