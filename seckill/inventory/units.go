package inventory

import (
	"strings"

	"gorm.io/gorm"

	"github.com/seckill-go/seckill/internal/database"
)

// A move takes units from one counter of a goods to another. There is no other statement
// that changes what is reserved, allotted or sold.
type move struct {
	kind     Kind
	from, to string // columns
}

var (
	selling    = move{KindSell, "available", "reserved"}
	confirming = move{KindConfirm, "reserved", "sold"}
	returning  = move{KindRollback, "reserved", "available"}
)

// units moves the units of summed lines in one statement, if the goods are there, have
// them and meet the condition; tells how many of the goods did.
func (i *Inventory) units(tx *gorm.DB, m move, lines []Line, condition string, args ...any) (int64, error) {
	quantity, values := perGoods(lines, func(l Line) int64 { return l.Quantity })
	all := append(append(append([]any{}, values...), values...), i.now(), goodsOf(lines))
	all = append(append(all, values...), args...)
	return database.Exec(tx, "UPDATE inventory"+i.db.ByPrimary+" SET "+m.from+" = "+m.from+" - "+quantity+", "+
		m.to+" = "+m.to+" + "+quantity+", version = version + 1, updated_at = ? WHERE goods IN ? AND "+m.from+" >= "+quantity+condition, all...)
}

// mustMove moves units that are there: by what is locked, or by the invariants.
func (i *Inventory) mustMove(tx *gorm.DB, m move, lines []Line) error {
	n, err := i.units(tx, m, lines, "")
	if err == nil && n != int64(len(lines)) {
		err = database.WrongCount(n, len(lines), "moving units from "+m.from+" to "+m.to)
	}
	return err
}

// perGoods is a value that differs between the goods of a statement.
func perGoods(lines []Line, value func(Line) int64) (expression string, args []any) {
	if len(lines) == 1 {
		return "?", []any{value(lines[0])}
	}
	var b strings.Builder
	b.WriteString("CASE goods")
	for _, l := range lines {
		b.WriteString(" WHEN ? THEN ?")
		args = append(args, l.Goods, value(l))
	}
	b.WriteString(" END")
	return b.String(), args
}
