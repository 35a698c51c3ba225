// Package salefile reads the files in which an operator writes sales down, as
// YAML (JSON is YAML too) or as CSV.
//
// A file is taken whole or not at all: the first step checks every row of every
// sale, and each complaint names the row and the reason.
package salefile

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/seckill-go/seckill/seckill"
)

// MaxBytes is the largest file that is read.
const MaxBytes = 16 << 20

// Sale is one sale of a file.
type Sale struct {
	seckill.Sale
	// StartsIn and Lasts stand for StartsAt and EndsAt in a file that should
	// work on any day; they count from the moment the sale is created. Zero
	// where the file gives times.
	StartsIn, Lasts time.Duration

	where     string   // of the sale in its file, such as "line 3"
	itemWhere []string // of each item
}

// Relative tells whether the sale's times count from its creation.
func (s Sale) Relative() bool { return s.Lasts > 0 }

// At returns the sale with its relative times, if any, counted from now.
func (s Sale) At(now time.Time) seckill.Sale {
	sale := s.Sale
	if s.Relative() {
		sale.StartsAt = now.Add(s.StartsIn).UTC().Truncate(time.Millisecond)
		sale.EndsAt = sale.StartsAt.Add(s.Lasts)
	}
	return sale
}

// RowError says what is wrong with one row of a file.
type RowError struct {
	Where  string // "line 12" of YAML, "row 12" of CSV
	Reason string
}

func (e *RowError) Error() string { return e.Where + ": " + e.Reason }

// Read reads and checks a file by its name's ending: .yaml, .yml, .json or
// .csv. The error joins every RowError.
func Read(name string, r io.Reader) ([]Sale, error) {
	data, err := io.ReadAll(io.LimitReader(r, MaxBytes+1))
	if err != nil {
		return nil, err
	}
	if len(data) > MaxBytes {
		return nil, fmt.Errorf("larger than %d MiB", MaxBytes>>20)
	}
	var sales []Sale
	switch ext := strings.ToLower(filepath.Ext(name)); ext {
	case ".yaml", ".yml", ".json":
		sales, err = readYAML(data)
	case ".csv":
		sales, err = readCSV(data)
	default:
		return nil, fmt.Errorf("the name must end in .yaml, .yml, .json or .csv, not %q", ext)
	}
	if err != nil {
		return nil, err
	}
	if len(sales) == 0 {
		return nil, errors.New("no sale in it")
	}
	return sales, check(sales)
}

// check validates every sale and points each complaint at its row.
func check(sales []Sale) error {
	var all []error
	seen := make(map[string]string)
	for _, s := range sales {
		if s.Key == "" {
			all = append(all, &RowError{s.where, "key: is required; it makes loading the same file twice change nothing"})
		} else if first, twice := seen[s.Key]; twice {
			all = append(all, &RowError{s.where, fmt.Sprintf("key: %q is already the key of the sale at %s", s.Key, first)})
		}
		seen[s.Key] = s.where
		sale := s.At(time.Now())
		var invalid *seckill.Error
		if errors.As(sale.Validate(), &invalid) {
			for _, f := range invalid.Fields {
				where, field := s.place(f.Field)
				all = append(all, &RowError{where, field + ": " + f.Reason})
			}
		}
	}
	return errors.Join(all...)
}

// place finds the row of a field such as "items[3].price".
func (s Sale) place(field string) (where, name string) {
	var i int
	if n, err := fmt.Sscanf(field, "items[%d].", &i); err == nil && n == 1 && i < len(s.itemWhere) {
		_, name, _ = strings.Cut(field, ".")
		return s.itemWhere[i], name
	}
	return s.where, field
}
