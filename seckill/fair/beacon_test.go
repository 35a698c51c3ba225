package fair_test

import (
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/fair"
)

// Round 1,000 of quicknet, as its servers publish it.
const (
	round1000     = `{"round":1000,"randomness":"fe290beca10872ef2fb164d2aa4442de4566183ec51c56ff3cd603d930e54fdd","signature":"b44679b9a59af2ec876b1a6b1ad52ea9b1615fc3982b19576350f93447cb1125e342b73a8dd2bacbe47e4b6b63ed5e39"}`
	randomness    = "fe290beca10872ef2fb164d2aa4442de4566183ec51c56ff3cd603d930e54fdd"
	quicknetRound = "/52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971/public/1000"
)

// answering is a drand server that says the same to whoever asks for the round.
func answering(t *testing.T, status int, body string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != quicknetRound {
			status = http.StatusNotFound
		}
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestAPublishedRoundOfQuicknetIsTaken(t *testing.T) {
	t.Parallel()
	dead := answering(t, http.StatusInternalServerError, "no")
	drand, err := fair.NewDrand(seckill.Quicknet, []string{dead, answering(t, http.StatusOK, round1000) + "/"}, http.DefaultClient)
	if err != nil {
		t.Fatal(err)
	}
	signature, err := drand.Signature(t.Context(), 1000)
	if err != nil {
		t.Fatal(err)
	}
	if got := hex.EncodeToString(fair.Randomness(signature)); got != randomness {
		t.Errorf("the randomness is %s, and drand says %s", got, randomness)
	}
}

func TestWhatIsNotTheChainsIsRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status     int
		body, want string
	}{
		"another round":     {http.StatusOK, strings.Replace(round1000, "1000", "1001", 1), "answered round 1001"},
		"another signature": {http.StatusOK, strings.Replace(round1000, `"b446`, `"a446`, 1), "not the chain's"},
		"no signature":      {http.StatusOK, `{"round":1000}`, "not the chain's"},
		"not found":         {http.StatusNotFound, `{}`, "404"},
		"no JSON":           {http.StatusOK, "<html>", "no round"},
		"endless":           {http.StatusOK, strings.Repeat(" ", 1<<20) + round1000, "no round"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			drand, err := fair.NewDrand(seckill.Quicknet, []string{answering(t, c.status, c.body)}, http.DefaultClient)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := drand.Signature(t.Context(), 1000); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("the error is %v, and should say %q", err, c.want)
			}
		})
	}
	other := seckill.Quicknet
	other.PublicKey = strings.Repeat("00", 96)
	if _, err := fair.NewDrand(other, nil, http.DefaultClient); err == nil {
		t.Error("a key that is no point was taken")
	}
}

func TestTheLocalBeaconKeepsARoundUntilItsTime(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_700_000_000, 0)
	clock := func() time.Time { return now }
	secret := []byte(strings.Repeat("s", 32))
	local, err := fair.NewLocal(secret, clock)
	if err != nil {
		t.Fatal(err)
	}
	round := local.Chain().FirstAt(now.Add(time.Second))
	if _, err := local.Signature(t.Context(), round); err == nil {
		t.Error("a round was told before its time")
	}
	now = now.Add(time.Second)
	first, err := local.Signature(t.Context(), round)
	if err != nil {
		t.Fatal(err)
	}
	again, err := fair.NewLocal(secret, clock)
	if err != nil {
		t.Fatal(err)
	}
	second, err := again.Signature(t.Context(), round)
	if err != nil || string(first) != string(second) {
		t.Errorf("the same round of the same key had two signatures (%v)", err)
	}
	if _, err := fair.NewLocal([]byte("short"), clock); err == nil {
		t.Error("a short secret was taken")
	}
}

func TestRoundsAndTimesAgree(t *testing.T) {
	t.Parallel()
	chain := seckill.Beacon{Genesis: 1_000, Period: 3}
	for _, c := range []struct {
		at   time.Time
		want uint64
	}{
		{time.Unix(0, 0), 1}, {time.Unix(1_000, 0), 1}, {time.Unix(1_000, 1), 2}, {time.Unix(1_001, 0), 2},
		{time.Unix(1_003, 0), 2}, {time.Unix(1_003, 5), 3}, {time.Unix(1_300, 0), 101},
	} {
		if got := chain.FirstAt(c.at); got != c.want || chain.TimeOf(got).Before(c.at) {
			t.Errorf("the first round at %s is %d of %s, want %d", c.at.UTC(), got, chain.TimeOf(got), c.want)
		}
	}
}
