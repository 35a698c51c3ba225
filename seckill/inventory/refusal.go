package inventory

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"gorm.io/gorm"

	"github.com/seckill-go/seckill/seckill"
)

// UnknownError is the cause where goods do not exist.
type UnknownError struct{ Goods []string }

func (e *UnknownError) Error() string { return "no such goods: " + strings.Join(e.Goods, ", ") }

// Short is a goods of which there are too few.
type Short struct {
	Goods             string
	Wanted, Available int64
}

// ShortError is the cause where there are too few units.
type ShortError struct{ Goods []Short }

func (e *ShortError) Error() string {
	var parts []string
	for _, s := range e.Goods {
		parts = append(parts, fmt.Sprintf("%s: %d wanted, %d there", s.Goods, s.Wanted, s.Available))
	}
	return strings.Join(parts, "; ")
}

// missing is why lines cannot be taken from what is available; nil if they can.
func missing(lines []Line, available map[string]int64) error {
	var unknown []string
	var short []Short
	for _, l := range lines {
		there, known := available[l.Goods]
		switch {
		case !known:
			unknown = append(unknown, l.Goods)
		case there < l.Quantity:
			short = append(short, Short{l.Goods, l.Quantity, there})
		}
	}
	switch {
	case len(unknown) > 0 && len(short) > 0:
		err := seckill.Errorf(seckill.CodeNotFound, "%v; %v", &UnknownError{unknown}, &ShortError{short})
		err.Cause = errors.Join(&UnknownError{unknown}, &ShortError{short})
		return err
	case len(unknown) > 0:
		return because(seckill.CodeNotFound, &UnknownError{unknown})
	case len(short) > 0:
		return because(seckill.CodeSoldOut, &ShortError{short})
	}
	return nil
}

// RefusedRow is a row of an import that is refused. Rows count from 0.
type RefusedRow struct {
	Row        int
	Goods, Why string
}

// RefusedError is the cause where rows of an import are refused.
type RefusedError struct{ Rows []RefusedRow }

func (e *RefusedError) Error() string {
	var parts []string
	for _, r := range e.Rows {
		parts = append(parts, fmt.Sprintf("%.70s: %s", r.Goods, r.Why))
	}
	return strings.Join(parts, "; ")
}

// refused names the rows that are; nil if none is.
func refused(rows []ImportedRow) error {
	var wrong []RefusedRow
	for n, r := range rows {
		if r.Wrong != "" {
			wrong = append(wrong, RefusedRow{n, r.Goods, r.Wrong})
		}
	}
	if len(wrong) == 0 {
		return nil
	}
	return because(seckill.CodeConflict, &RefusedError{wrong})
}

// because makes an error that says its cause to people.
func because(code seckill.Code, cause error) error {
	err := seckill.Errorf(code, "%s", cause.Error())
	err.Cause = cause
	return err
}

// whatIsMissing tells why lines cannot be taken; nil if by now they can.
func (i *Inventory) whatIsMissing(ctx context.Context, lines []Line) error {
	var available map[string]int64
	err := i.db.Read(ctx, func(db *gorm.DB) (err error) {
		available, err = availableOf(db, lines, "", "")
		return err
	})
	if err != nil {
		return err
	}
	return missing(lines, available)
}

// availableOf reads what is available of goods; one that does not exist is not in the
// map. hint follows the table's name, locking ends the statement.
func availableOf(db *gorm.DB, lines []Line, hint, locking string) (map[string]int64, error) {
	var rows []struct {
		Goods     string
		Available int64
	}
	err := db.Raw("SELECT goods, available FROM inventory"+hint+" WHERE goods IN ? ORDER BY goods"+locking, goodsOf(lines)).Scan(&rows).Error
	available := make(map[string]int64, len(rows))
	for _, r := range rows {
		available[r.Goods] = r.Available
	}
	return available, err
}
