package proof

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"
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
	Beacon       struct {
		Kind      string `json:"kind"`
		ChainHash string `json:"chain_hash"`
		PublicKey string `json:"public_key"`
		Genesis   int64  `json:"genesis_unix"`
		Period    int64  `json:"period_seconds"`
	} `json:"beacon"`
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
}

// Entry is a line of a proof.
type Entry struct {
	Hash [32]byte
	SKU  string
	// Rank is what the service says; 0: none yet.
	Rank int64
	// Status is what became of the entry: "-" while its turn has not come.
	Status string
}

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
		return nil, fmt.Errorf("the first line is not the JSON of a draw: %w", err)
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
	if len(fields[0]) != 64 {
		return e, fmt.Errorf("has a hash that is not of 64 hexadecimal digits: %.80q", fields[0])
	}
	if _, err := hex.Decode(e.Hash[:], fields[0]); err != nil {
		return e, fmt.Errorf("has a hash that is not hexadecimal: %q", fields[0])
	}
	sku, seen := skus[string(fields[1])]
	if !seen {
		sku = string(fields[1])
		skus[sku] = sku
	}
	e.SKU, e.Status = sku, string(fields[3])
	if e.Status == "-" {
		e.Status = ""
	}
	if string(fields[2]) != "-" {
		if e.Rank, err = strconv.ParseInt(string(fields[2]), 10, 64); err != nil || e.Rank < 1 {
			return e, fmt.Errorf("has a rank that is not a number from 1 on: %q", fields[2])
		}
	}
	return e, nil
}
