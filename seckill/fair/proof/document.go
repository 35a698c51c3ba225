package proof

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
)

// Limits of what is read.
const (
	maxHeader  = 1 << 20
	maxLine    = 1 << 10
	maxEntries = 2_000_000
)

// Document is the first line of a proof: what `GET .../draw` answers too.
type Document struct {
	SaleID       string    `json:"sale_id"`
	State        string    `json:"state"`
	Rule         string    `json:"rule"`
	EntriesUntil time.Time `json:"entries_until"`
	// Entries is how many there are, as Commitment says too.
	Entries      int64  `json:"entries"`
	Beacon       Beacon `json:"beacon"`
	PlannedRound uint64 `json:"planned_round"`
	Commitment   *struct {
		Root        string    `json:"root"`
		Entries     int64     `json:"entries"`
		Round       uint64    `json:"round"`
		CommittedAt time.Time `json:"committed_at"`
	} `json:"commitment"`
	Outcome *struct {
		Signature  string `json:"signature"`
		Randomness string `json:"randomness"`
	} `json:"outcome"`
	Items []Item `json:"items"`
}

// Item is one item of a draw, with how many entered for it.
type Item struct {
	SKU     string `json:"sku"`
	Entries int64  `json:"entries"`
}

// Beacon is where the randomness is from.
type Beacon struct {
	Kind      string `json:"kind"`
	ChainHash string `json:"chain_hash"`
	PublicKey string `json:"public_key"`
	Genesis   int64  `json:"genesis_unix"`
	Period    int64  `json:"period_seconds"`
}

// States of a draw that has a commitment.
const (
	committed = "committed"
	drawn     = "drawn"
	void      = "void"
)

// The forms of what is published. What is of another form is not read, so that nothing
// which is shown to a person can look like something else.
var (
	isID    = regexp.MustCompile(`^[0-9]{1,19}$`).MatchString
	isWord  = regexp.MustCompile(`^[a-z0-9-]{1,32}$`).MatchString
	isHash  = regexp.MustCompile(`^[0-9a-f]{64}$`).MatchString
	isHex   = regexp.MustCompile(`^([0-9a-f]{2}){1,96}$`).MatchString
	isSKU   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`).MatchString
	isRank  = regexp.MustCompile(`^[1-9][0-9]{0,6}$`).MatchString
	errForm = errors.New("is not of the form that it has to have")
)

// checkForm refuses what is not of the form that it has to have.
func (d *Document) checkForm() error {
	field := func(name string, ok bool) error {
		if ok {
			return nil
		}
		return fmt.Errorf("%s %w", name, errForm)
	}
	b := d.Beacon
	all := []error{
		field("sale_id", isID(d.SaleID)), field("state", isWord(d.State)), field("rule", isWord(d.Rule)),
		field("entries_until", !d.EntriesUntil.IsZero()), field("beacon.kind", b.Kind == "drand" || b.Kind == "local"),
		field("beacon.chain_hash", isHash(b.ChainHash)), field("beacon.public_key", isHex(b.PublicKey)),
		field("beacon.period_seconds", b.Period >= 1), field("planned_round", d.PlannedRound >= 1), field("items", len(d.Items) > 0),
	}
	if c := d.Commitment; c != nil {
		all = append(all, field("commitment.root", isHash(c.Root)), field("commitment.round", c.Round >= 1), field("commitment.committed_at", !c.CommittedAt.IsZero()))
	}
	if o := d.Outcome; o != nil {
		all = append(all, field("outcome.signature", isHex(o.Signature)), field("outcome.randomness", isHash(o.Randomness)))
	}
	for _, it := range d.Items {
		all = append(all, field("items.sku", isSKU(it.SKU)))
	}
	if i := slices.IndexFunc(all, func(err error) bool { return err != nil }); i >= 0 {
		return all[i]
	}
	return nil
}

// Entry is a line of a proof.
type Entry struct {
	Hash [32]byte
	SKU  string
	// Rank is what the service says; 0: none yet.
	Rank int64
	// Status is what became of the entry: empty while its turn has not come.
	Status string
}

// What a proof says of entries whose turn has come, or will not.
const (
	offered = "offered"
	left    = "left"
	lapsed  = "lapsed"
)

// Proof is what is published of a draw.
type Proof struct {
	Document
	Entries []Entry
}

// Read reads a proof: its document as one line of JSON, then a line for each entry,
// "<hash> <sku> <rank> <status>", with "-" for what is not known yet.
func Read(from io.Reader) (*Proof, error) {
	r := bufio.NewReaderSize(from, maxHeader)
	head, err := r.ReadSlice('\n')
	if err != nil {
		return nil, fmt.Errorf("the first line is not the JSON of a draw, of at most 1 MiB: %w", ended(err))
	}
	p := new(Proof)
	if err := json.Unmarshal(head, &p.Document); err != nil {
		return nil, errors.New("the first line is not the JSON of a draw")
	}
	if err := p.checkForm(); err != nil {
		return nil, fmt.Errorf("the first line is not a draw: %w", err)
	}
	skus := make(map[string]string)
	for line := 2; ; line++ {
		text, err := r.ReadSlice('\n')
		if errors.Is(err, io.EOF) && len(text) == 0 {
			return p, nil
		}
		if err != nil || len(text) > maxLine {
			return nil, fmt.Errorf("line %d is broken off: %w", line, ended(err))
		}
		if len(p.Entries) == maxEntries {
			return nil, fmt.Errorf("there are more than %d entries", maxEntries)
		}
		e, err := readEntry(text[:len(text)-1], skus)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
		p.Entries = append(p.Entries, e)
	}
}

func ended(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// readEntry reads a line. Of each SKU one string is kept.
func readEntry(text []byte, skus map[string]string) (e Entry, err error) {
	var fields [4][]byte
	rest := text
	for i := range fields {
		field, after, more := bytes.Cut(rest, []byte{' '})
		if len(field) == 0 || more == (i == len(fields)-1) {
			return e, fmt.Errorf("is not of the form <hash> <sku> <rank> <status>: %.80q", text)
		}
		fields[i], rest = field, after
	}
	if len(fields[0]) != 64 || bytes.ContainsAny(fields[0], "ABCDEF") {
		return e, fmt.Errorf("has a hash that is not of 64 hexadecimal digits in lower case: %.80q", fields[0])
	}
	if _, err := hex.Decode(e.Hash[:], fields[0]); err != nil {
		return e, fmt.Errorf("has a hash that is not hexadecimal: %q", fields[0])
	}
	sku, seen := skus[string(fields[1])]
	if !seen {
		if sku = string(fields[1]); !isSKU(sku) {
			return e, fmt.Errorf("has what is no SKU: %.80q", fields[1])
		}
		skus[sku] = sku
	}
	e.SKU = sku
	switch status := string(fields[3]); status {
	case "-":
	case offered, left, lapsed:
		e.Status = status
	default:
		return e, fmt.Errorf("has a status that is none of -, %s, %s, %s: %.80q", offered, left, lapsed, fields[3])
	}
	if rank := string(fields[2]); rank != "-" {
		if !isRank(rank) {
			return e, fmt.Errorf("has a rank that is not a number from 1 on: %.80q", rank)
		}
		e.Rank, err = strconv.ParseInt(rank, 10, 64)
	}
	return e, err
}
