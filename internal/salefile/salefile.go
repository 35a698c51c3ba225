// Package salefile reads sales as operators write them: files of YAML, JSON or CSV,
// and the body of the call that creates one. It reads tables of the shop's stock too
// (stock.go).
//
// Each format is first read into the same values (value.go, rows.go), from which one
// set of rules makes sales (draft.go). Nothing is guessed: a value of another type, an
// unknown field and a missing one are mistakes. A file is taken whole or not at all:
// every row of every sale is checked, and each complaint names the row, the field and
// the reason.
package salefile

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/seckill-go/seckill/internal/suggest"
	"github.com/seckill-go/seckill/seckill"
)

const (
	// MaxBytes is the largest file that is read.
	MaxBytes = 16 << 20
	// maxComplaints is how many complaints about a file are told.
	maxComplaints = 50
	// maxDepth is how deep values may stand in one another; a sale needs five.
	maxDepth = 16
)

// Sale is one sale of a file.
type Sale struct {
	seckill.Sale // its StartsIn stands for StartsAt in a file that should work on any day
	// Lasts stands beside StartsIn, for EndsAt; 0 where the file gives times.
	Lasts time.Duration

	rows rows // where it stands in its file
}

// Relative tells whether the sale's times count from its creation.
func (s Sale) Relative() bool { return s.StartsIn != nil }

// At returns the sale with its relative times, if any, counted from now.
func (s Sale) At(now time.Time) seckill.Sale {
	sale := s.Sale
	if s.Relative() {
		sale.StartsAt = now.Add(*s.StartsIn).UTC().Truncate(time.Millisecond)
		sale.EndsAt = sale.StartsAt.Add(s.Lasts)
	}
	return sale
}

// Over complains of a sale that nobody could buy from any more, or of a draw that nobody
// could enter; nil where it is not over yet. how says what a person does who wants it
// nonetheless.
func (s Sale) Over(now time.Time, how string) error {
	if until := s.EntriesUntil; s.Entry == seckill.EntryDraw && !until.IsZero() && !until.After(now) {
		return s.rows.complaint(fault{field: "entries_until", reason: fmt.Sprintf("was %s, so nobody could enter; %s", until.Format(time.RFC3339), how)})
	}
	if s.Relative() || s.EndsAt.After(now) {
		return nil
	}
	return s.rows.complaint(fault{field: "ends_at", reason: fmt.Sprintf("the sale is over since %s; %s", s.EndsAt.Format(time.RFC3339), how)})
}

// Read reads and checks a file by its name's ending: .yaml, .yml, .json, or .csv, .tsv
// and .txt for a table. The error joins every RowError.
func Read(name string, r io.Reader) ([]Sale, error) {
	read, unit, saveAs := readYAML, "line", "UTF-8"
	switch ext := ending(name); {
	case ext == ".yaml", ext == ".yml":
	case ext == ".json":
		read = readJSON
	case isTable(ext):
		read, unit, saveAs = readCSV, "row", tableSaveAs
	default:
		return nil, fmt.Errorf("the name must end in .yaml, .yml, .json, .csv, .tsv or .txt, not %q", ext)
	}
	data, err := readText(r, saveAs)
	if err != nil {
		return nil, err
	}
	file, err := read(data)
	if err != nil {
		return nil, err
	}
	return salesOf(file, unit)
}

func ending(name string) string { return strings.ToLower(filepath.Ext(name)) }

func isTable(ending string) bool { return ending == ".csv" || ending == ".tsv" || ending == ".txt" }

// tableSaveAs is what programs for tables call UTF-8.
const tableSaveAs = `"CSV UTF-8"`

// readText reads a whole file as UTF-8.
func readText(r io.Reader, saveAs string) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, MaxBytes+1))
	if err != nil {
		return nil, err
	}
	if len(data) > MaxBytes {
		return nil, fmt.Errorf("larger than %d MiB", MaxBytes>>20)
	}
	return text(data, saveAs)
}

// salesOf makes sales of a file's values.
func salesOf(file value, unit string) ([]Sale, error) {
	written, ok := file.get("sales")
	switch {
	case file.kind == null:
		return nil, errEmpty
	case file.kind != object || !ok:
		return nil, noSales(file, unit)
	case len(file.fields) > 1:
		return nil, besides(file, unit)
	case written.kind != list && written.kind != null:
		return nil, fmt.Errorf("sales: must be a list, not %s", written.called())
	case len(written.list) == 0:
		return nil, errors.New("no sale in it")
	}
	var all []error
	var sales []Sale
	seen := make(map[string]string)
	now := time.Now()
	for _, v := range written.list {
		d := draftOf(v, fileFields, now)
		d.sale.rows = rows{v, unit}
		if first, twice := seen[d.sale.Key]; twice && d.sale.Key != "" {
			d.wrong("key", "%q is already the key of the sale at %s", d.sale.Key, first)
		}
		seen[d.sale.Key] = fmt.Sprintf("%s %d", unit, v.line)
		for _, f := range d.faults {
			all = append(all, d.sale.rows.complaint(f))
		}
		sales = append(sales, d.sale)
	}
	return sales, joined(all)
}

var errEmpty = errors.New("the file is empty")

// noSales complains of a file that does not begin as it has to.
func noSales(file value, unit string) error {
	const must = "must be `sales:` with a list of sales"
	for _, f := range file.fields {
		if meant := suggest.DidYouMean(f.name, []string{"sales"}); meant != "" {
			return &RowError{fmt.Sprintf("%s %d", unit, f.line), fmt.Sprintf("%s; %s is not a field of a file%s", must, short(f.name), meant)}
		}
	}
	return errors.New(must)
}

// besides complains of what stands in a file beside its sales.
func besides(file value, unit string) error {
	var all []error
	for _, f := range file.fields {
		if f.name != "sales" {
			all = append(all, &RowError{fmt.Sprintf("%s %d", unit, f.line), fmt.Sprintf("%s is not a field of a file, which has `sales:` alone"+
				"; in YAML, what aliases repeat may stand under a name that begins with %s", short(f.name), extension)})
		}
	}
	return joined(all)
}

func joined(all []error) error {
	if more := len(all) - maxComplaints; more > 0 {
		all = append(all[:maxComplaints:maxComplaints], fmt.Errorf("and %d more", more))
	}
	return errors.Join(all...)
}

// Draft reads the sale in the body of a call. Its error is a seckill.Error that
// names every field that is wrong.
func Draft(body []byte) (seckill.Sale, error) {
	v, err := readJSON(body)
	if err != nil {
		reason := seckill.Errorf(seckill.CodeInvalidRequest, "The body is not valid JSON: %v.", err)
		reason.Cause = err
		return seckill.Sale{}, reason
	}
	d := draftOf(v, callFields, time.Time{})
	if len(d.faults) == 0 {
		return d.sale.Sale, nil
	}
	wrong := &seckill.Error{Code: seckill.CodeInvalidRequest}
	for _, f := range d.faults[:min(len(d.faults), maxComplaints)] {
		if f.field == "" {
			f.field = "body"
		}
		wrong.Fields = append(wrong.Fields, seckill.FieldError{Field: f.field, Reason: f.reason})
	}
	wrong.Detail = wrong.Fields[0].Field + ": " + wrong.Fields[0].Reason
	return seckill.Sale{}, wrong
}
