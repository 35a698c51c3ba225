package fair_test

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seckill-go/seckill/internal/proof/testkit"
	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/fair"
	"github.com/seckill-go/seckill/seckill/fair/proof"
)

// draw is one that was made as the service makes it.
type draw struct {
	entries    []entry
	doc        map[string]any
	commitment map[string]any
	outcome    map[string]any
}

type entry struct {
	hash        fair.Hash
	sku, buyer  string
	salt        string
	rank        int64
	offered     bool
	status      string // where it is not offered
	fromMachine bool
}

const drawnSale = seckill.ID(7)

// makeDraw draws among entries. The same number gives the same randomness.
func makeDraw(t testing.TB, number int, entries []entry) *draw {
	t.Helper()
	now := time.Unix(1_800_000_000, 0)
	local, err := fair.NewLocal(bytes.Repeat([]byte("k"), 32), func() time.Time { return now.Add(time.Hour) })
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(entries, func(a, b entry) int { return bytes.Compare(a.hash[:], b.hash[:]) })
	var tree fair.Tree
	for _, e := range entries {
		tree.Add(e.hash, e.sku)
	}
	round := local.Chain().FirstAt(now.Add(time.Minute)) + uint64(number)
	signature, err := local.Signature(t.Context(), round)
	if err != nil {
		t.Fatal(err)
	}
	randomness := fair.Randomness(signature)
	bySKU := map[string][]int{}
	for i, e := range entries {
		bySKU[e.sku] = append(bySKU[e.sku], i)
	}
	for _, at := range bySKU {
		hashes := make([]fair.Hash, len(at))
		for i, j := range at {
			hashes[i] = entries[j].hash
		}
		for rank, i := range fair.Rank(randomness, hashes) {
			entries[at[i]].rank = int64(rank + 1)
		}
	}
	items := []map[string]any{{"sku": "phone", "entries": len(bySKU["phone"])}}
	if n := len(bySKU["case"]); n > 0 {
		items = append(items, map[string]any{"sku": "case", "entries": n})
	}
	d := &draw{entries: entries,
		commitment: map[string]any{"root": tree.Root().String(), "entries": tree.Size(), "round": round, "committed_at": now},
		outcome:    map[string]any{"signature": hex.EncodeToString(signature), "randomness": hex.EncodeToString(randomness)}}
	d.doc = map[string]any{"sale_id": drawnSale, "state": "drawn", "rule": seckill.DrawRule, "entries_until": now, "beacon": local.Chain(),
		"planned_round": round, "commitment": d.commitment, "outcome": d.outcome, "entries": tree.Size(), "items": items}
	return d
}

// entriesOf makes entries, the same each time.
func entriesOf(n int, sku string) []entry {
	list := make([]entry, n)
	for i := range list {
		buyer, salt := fmt.Sprintf("buyer-%d", i), fmt.Sprintf("%032x", i)
		list[i] = entry{sku: sku, buyer: buyer, salt: salt, hash: fair.EntryHash(drawnSale, sku, buyer, salt)}
	}
	return list
}

func (d *draw) text(t testing.TB) string {
	t.Helper()
	head, err := json.Marshal(d.doc)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.Write(append(head, '\n'))
	for _, e := range d.entries {
		status := cmp.Or(e.status, "-")
		if e.offered {
			status = "offered"
		}
		rank := "-"
		if e.rank > 0 {
			rank = fmt.Sprint(e.rank)
		}
		fmt.Fprintf(&b, "%s %s %s %s\n", e.hash, e.sku, rank, status)
	}
	return b.String()
}

func (d *draw) read(t testing.TB) *proof.Proof {
	t.Helper()
	p, err := proof.Read(strings.NewReader(d.text(t)))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// wrong gives what the checks found, by name.
func wrong(findings []proof.Finding) map[string]string {
	found := map[string]string{}
	for _, f := range findings {
		if f.Wrong != "" {
			found[f.Check] = f.Wrong
		}
	}
	return found
}

func TestADrawIsApprovedByWhoKnowsTheRuleAlone(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65} { // around the powers of two, where the tree's shape changes
		d := makeDraw(t, n, append(entriesOf(n, "phone"), entriesOf(n/3, "case")...))
		p := d.read(t)
		if found := wrong(p.Check(time.Now())); len(found) > 0 {
			t.Fatalf("a draw of %d entries: %v", len(d.entries), found)
		}
		if p.Of("8").Wrong == "" {
			t.Fatal("it passes for the draw of another sale")
		}
		for _, e := range d.entries {
			if f := p.Own(e.sku, e.buyer, e.salt); f.Wrong != "" || !strings.Contains(f.Note, fmt.Sprintf("rank %d of %s", e.rank, e.sku)) {
				t.Fatalf("%s asks for his own entry: %+v", e.buyer, f)
			}
		}
	}
}

func TestWhateverIsChangedIsNamed(t *testing.T) {
	t.Parallel()
	other := entriesOf(41, "phone")[40]
	other.rank = 41
	for name, c := range map[string]struct {
		change      func(d *draw)
		check, says string
	}{
		"an entry added":                       {func(d *draw) { d.entries = append(d.entries, other); sortEntries(d) }, "number of entries", "1 were added"},
		"an entry dropped":                     {func(d *draw) { d.entries = slices.Delete(d.entries, 3, 4) }, "number of entries", "1 were dropped"},
		"an entry changed":                     {func(d *draw) { d.entries[5].hash[31] ^= 1 }, "commitment", "an entry was changed"},
		"an item changed":                      {func(d *draw) { d.entries[5].sku = "case" }, "commitment", "an entry was changed"},
		"an entry twice":                       {func(d *draw) { d.entries[5] = d.entries[4] }, "list", "is there twice"},
		"entries in another order":             {func(d *draw) { d.entries[5], d.entries[4] = d.entries[4], d.entries[5] }, "list", "is out of order"},
		"another round":                        {func(d *draw) { d.commitment["round"] = d.commitment["round"].(uint64) + 1 }, "randomness", "not the beacon's for round"},
		"a later round":                        {func(d *draw) { d.commitment["round"] = d.commitment["round"].(uint64) + 1 }, "round", "by the rule"},
		"an earlier round":                     {func(d *draw) { d.doc["planned_round"] = d.commitment["round"].(uint64) + 1 }, "round", "by the rule"},
		"a commitment while entries are taken": {func(d *draw) { d.doc["entries_until"] = time.Unix(1_800_000_001, 0) }, "round", "entries were still taken"},
		"no outcome":                           {func(d *draw) { delete(d.doc, "outcome") }, "randomness", "has a rank or had a turn"},
		"no outcome and no ranks":              {func(d *draw) { withoutOutcome(d) }, "randomness", "said to be drawn"},
		"an outcome that is kept back": {func(d *draw) {
			withoutOutcome(d)
			d.doc["state"] = "committed"
			d.doc["entries_until"], d.commitment["committed_at"] = time.Unix(1_700_000_000, 0), time.Unix(1_700_000_000, 0)
			d.doc["planned_round"], d.commitment["round"] = 1_700_000_061, 1_700_000_061
		}, "randomness", "long due"},
		"an outcome of a draw that is none": {func(d *draw) { d.doc["state"] = "committed" }, "randomness", "said to be committed"},
		"another number":                    {func(d *draw) { d.doc["entries"] = 41 }, "number of entries", "was committed to 40"},
		"another number of an item":         {func(d *draw) { d.doc["items"] = []map[string]any{{"sku": "phone", "entries": 39}} }, "number of entries", "the draw says 39"},
		"an item that is none":              {func(d *draw) { d.doc["items"] = []map[string]any{{"sku": "case", "entries": 0}} }, "number of entries", "no item of the draw"},
		"a round of the past":               {func(d *draw) { d.commitment["committed_at"] = time.Unix(1_900_000_000, 0) }, "round", "may have been known"},
		"another value":                     {func(d *draw) { d.outcome["randomness"] = strings.Repeat("ab", 32) }, "randomness", "not SHA-256"},
		"another signature":                 {func(d *draw) { d.outcome["signature"] = strings.Repeat("ab", 48) }, "randomness", "not the beacon's"},
		"another key":                       {func(d *draw) { d.doc["beacon"] = seckill.Quicknet }, "randomness", "not the beacon's"},
		"quicknet with its own key": {func(d *draw) {
			b := d.doc["beacon"].(seckill.Beacon)
			b.Kind, b.ChainHash = seckill.BeaconDrand, proof.QuicknetHash
			d.doc["beacon"] = b
		}, "beacon", "has another key"},
		"quicknet with its own times": {func(d *draw) {
			// Round 1,000 is of 2023: with a later genesis it would be to come.
			b := seckill.Quicknet
			b.Genesis = 1_800_000_000
			d.doc["beacon"] = b
		}, "beacon", "other times"},
		"ranks exchanged": {func(d *draw) { d.entries[5].rank, d.entries[4].rank = d.entries[4].rank, d.entries[5].rank }, "ranks", "by the rule"},
		"somebody passed over": {func(d *draw) {
			for i := range d.entries {
				d.entries[i].offered = d.entries[i].rank != 2 && d.entries[i].rank < 5
			}
		}, "turns", "before rank 2"},
		"another rule":  {func(d *draw) { d.doc["rule"] = "seckill-draw-2" }, "rule", "knows"},
		"no commitment": {func(d *draw) { delete(d.doc, "commitment") }, "commitment", "none yet"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := makeDraw(t, 1, entriesOf(40, "phone"))
			saved := d.read(t)
			c.change(d)
			now := d.read(t)
			if found := wrong(now.Check(time.Now())); !strings.Contains(found[c.check], c.says) {
				t.Errorf("found %v, and %q should say %q", found, c.check, c.says)
			}
			if f := now.Of(drawnSale.String()); f.Wrong != "" {
				t.Error(f.Wrong)
			}
			if f := now.Since(saved); strings.HasPrefix(name, "an entry ") && !strings.Contains(f.Wrong, "entry ") {
				t.Errorf("beside what was saved: %+v", f)
			}
		})
	}
}

func withoutOutcome(d *draw) {
	delete(d.doc, "outcome")
	for i := range d.entries {
		d.entries[i].rank = 0
	}
}

// What a person has to judge is told apart from what is right.
func TestWhatAPersonHasToJudgeIsTold(t *testing.T) {
	t.Parallel()
	minds := func(d *draw, check string) string {
		for _, f := range d.read(t).Check(time.Now()) {
			if f.Wrong != "" {
				t.Error(f)
			}
			if f.Check == check && f.Mind {
				return f.Note
			}
		}
		return ""
	}
	d := makeDraw(t, 1, entriesOf(40, "phone"))
	if says := minds(d, "beacon"); !strings.Contains(says, "has to be trusted") {
		t.Error(says)
	}
	for i := range d.entries {
		if d.entries[i].rank < 3 {
			d.entries[i].status = "left"
		}
		d.entries[i].offered = d.entries[i].rank == 3
	}
	if says := minds(d, "turns"); !strings.Contains(says, "of 2 with a better rank it is said that they left") {
		t.Error(says)
	}
	before := d.read(t)
	for i := range d.entries {
		if d.entries[i].rank == 3 {
			d.entries[i].offered, d.entries[i].status = false, "left"
		}
	}
	if f := d.read(t).Since(before); !strings.Contains(f.Wrong, "said not to have been") {
		t.Error(f)
	}
	withoutOutcome(d)
	for i := range d.entries {
		d.entries[i].status = ""
	}
	d.doc["state"] = "committed"
	if says := minds(d, "randomness"); !strings.Contains(says, "still to come") {
		t.Error(says)
	}
	d.doc["state"] = "void"
	if says := minds(d, "randomness"); !strings.Contains(says, "closed before it was drawn") {
		t.Error(says)
	}
}

func sortEntries(d *draw) {
	slices.SortFunc(d.entries, func(a, b entry) int { return bytes.Compare(a.hash[:], b.hash[:]) })
}

func TestWhatIsNoProofIsRefusedInALine(t *testing.T) {
	t.Parallel()
	good := makeDraw(t, 1, entriesOf(3, "phone")).text(t)
	for name, text := range map[string]string{
		"nothing":              "",
		"no JSON":              "<html>\n",
		"broken off":           good[:len(good)-5],
		"a field less":         strings.Replace(good, " phone ", " ", 1),
		"a field more":         strings.Replace(good, " phone ", " phone phone ", 1),
		"no hash":              strings.TrimSuffix(good, "\n") + "\nxyz phone 1 -\n",
		"another status":       strings.Replace(good, " -\n", " waiting\n", 1),
		"lines of CRLF":        strings.ReplaceAll(good, "\n", "\r\n"),
		"large letters":        strings.Replace(good, good[len(good)-70:], strings.ToUpper(good[len(good)-70:]), 1),
		"a signed rank":        strings.Replace(good, " phone ", " phone +", 1),
		"a name twice":         strings.Replace(good, "{", `{"rule":"seckill-draw-1",`, 1),
		"another id":           strings.Replace(good, `"sale_id":"7"`, `"sale_id":"7\u001b[32m"`, 1),
		"no commitment's time": strings.Replace(good, `"committed_at"`, `"committed"`, 1),
		"a rank of 0":          good + strings.Repeat("ab", 32) + " phone 0 -\n",
		"an endless one":       good + strings.Repeat("ab", 32) + " " + strings.Repeat("p", 1<<21) + " 1 -\n",
	} {
		if _, err := proof.Read(strings.NewReader(text)); err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A tenth of the entries is of machines that click a hundred times and come first. One
// entry each is all that it gives them, and a rank has nothing to do with when it came.
func TestMachinesWinNoMoreThanTheirShare(t *testing.T) {
	t.Parallel()
	people, machines, units, draws := 18_000, 2_000, 3_000, testkit.Sized(20, 4)
	var won int
	for n := range draws {
		entries := entriesOf(people+machines, "phone")
		for i := range machines {
			entries[i].fromMachine = true
		}
		for _, e := range makeDraw(t, n, entries).entries {
			if e.rank <= int64(units) && e.fromMachine {
				won++
			}
		}
	}
	share := float64(won) / float64(draws*units) / (float64(machines) / float64(people+machines))
	t.Logf("machines' share of wins by their share of entries, over %d draws: %.3f", draws, share)
	if share < 0.95 || share > 1.05 {
		t.Errorf("machines have %.3f of their share", share)
	}
}

func TestALongListIsChecked(t *testing.T) {
	n := testkit.Sized(1_000_000, 20_000)
	d := makeDraw(t, 1, entriesOf(n, "phone"))
	text := d.text(t)
	began := time.Now()
	p, err := proof.Read(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if found := wrong(p.Check(time.Now())); len(found) > 0 {
		t.Fatal(found)
	}
	t.Logf("%d entries, %d bytes, in %s", n, len(text), time.Since(began))
}

// The service and whoever checks it come to the same round, however late the commitment is.
func TestTheRoundFollowsFromWhatIsPublished(t *testing.T) {
	t.Parallel()
	source := rand.New(rand.NewPCG(1, 2))
	later := 0
	for range 60 {
		draw := seckill.Draw{Beacon: seckill.Beacon{Genesis: source.Int64N(1_700_000_000), Period: 1 + source.Int64N(30)},
			EntriesUntil: seckill.UnixMilli(1_750_000_000_000 + source.Int64N(1_000_000))}
		draw.PlannedRound = draw.Beacon.FirstAt(draw.EntriesUntil.Add(time.Duration(1+source.Int64N(120)) * time.Second))
		committed := draw.EntriesUntil.Add(time.Duration(source.Int64N(180_000)) * time.Millisecond)
		round := draw.RoundFor(committed)
		if round != draw.PlannedRound {
			later++
		}
		d := makeDraw(t, 1, nil)
		b := d.doc["beacon"].(seckill.Beacon)
		b.Genesis, b.Period = draw.Beacon.Genesis, draw.Beacon.Period
		d.doc["beacon"], d.doc["entries_until"], d.doc["planned_round"] = b, draw.EntriesUntil, draw.PlannedRound
		for _, c := range []struct {
			round uint64
			right bool
		}{{round, true}, {round + 1, false}} {
			d.commitment["committed_at"], d.commitment["round"] = committed, c.round
			if why := wrong(d.read(t).Check(time.Now()))["round"]; (why == "") != c.right {
				t.Fatalf("round %d, where the service takes %d: %q", c.round, round, why)
			}
		}
	}
	if later == 0 || later == 60 {
		t.Errorf("%d of 60 commitments were late", later)
	}
}
