package inventory

import (
	"context"
	"errors"

	"gorm.io/gorm"

	"github.com/seckill-go/seckill/internal/database"
	"github.com/seckill-go/seckill/seckill"
)

// Set is a change of what is on hand, by an operator or the shop's own systems.
type Set struct {
	Goods string
	// To is how many units are on hand from now on, all that is reserved and allotted
	// included; By is a difference. One of them is given, or neither where the Strategy
	// alone changes. Goods that do not exist are made by To, or by a By of more than 0.
	To *int64
	By int64
	// Version is what the caller has seen; the goods must not have changed since. nil
	// is any; 0 means that they must not exist yet.
	Version *int64
	// Strategy is how they are to be sold; nil leaves it as it is, empty is as
	// configured.
	Strategy *string
	// Actor is who does it, and Reason, of at most 200 characters, why.
	Actor, Reason string
}

// ErrVersion is the cause where goods have changed since the caller saw them.
var ErrVersion = errors.New("another version was expected")

func (i *Inventory) validateSet(s Set) error {
	switch {
	case !seckill.ValidSKU(s.Goods):
		return invalidGoods("goods", s.Goods)
	case s.To != nil && s.By != 0, s.To == nil && s.By == 0 && s.Strategy == nil:
		return seckill.Invalid("on_hand", "give a number, or a difference that is not 0, and not both")
	case s.To != nil && (*s.To < 0 || *s.To > MaxOnHand):
		return seckill.Invalid("on_hand", "must be 0 to %d units", MaxOnHand)
	case s.By > MaxOnHand || s.By < -MaxOnHand:
		return seckill.Invalid("by", "must be -%d to %d units", MaxOnHand, MaxOnHand)
	case s.Version != nil && *s.Version < 0:
		return seckill.Invalid("version", "must not be negative")
	case s.Strategy != nil && *s.Strategy != "" && i.strategies[*s.Strategy] == nil:
		return i.noStrategy(*s.Strategy)
	}
	return validateWho(s.Actor, s.Reason)
}

// validateWho checks who makes a change, and why.
func validateWho(actor, reason string) error {
	if seckill.ValidateBuyer(actor) != nil {
		return seckill.Invalid("actor", "must be 1 to %d printable characters", seckill.MaxBuyerRunes)
	}
	if why := seckill.WrongText(reason, 0, seckill.MaxReasonRunes); why != "" {
		return seckill.Invalid("reason", "%s", why)
	}
	return nil
}

// SetInv changes what is on hand. Below what is reserved and allotted, or where the
// goods have another version, the error is seckill.CodeConflict. A By counts each time:
// who repeats one gives the Version.
func (i *Inventory) SetInv(ctx context.Context, s Set) (g Goods, err error) {
	if err := i.validateSet(s); err != nil {
		return Goods{}, err
	}
	err = i.db.Write(ctx, func(tx *gorm.DB, _ int) (err error) {
		g, err = i.setInv(tx, s)
		return err
	})
	if err != nil {
		return Goods{}, err
	}
	return g, nil
}

func (i *Inventory) setInv(tx *gorm.DB, s Set) (Goods, error) {
	var rows []goodsRow
	if err := tx.Raw("SELECT * FROM inventory WHERE goods = ?"+i.db.ForUpdate, s.Goods).Scan(&rows).Error; err != nil {
		return Goods{}, err
	}
	exists := len(rows) == 1
	if !exists {
		rows = []goodsRow{{Goods: s.Goods}}
	}
	g := rows[0].toGoods()
	delta, err := s.difference(g, exists)
	if err != nil {
		return Goods{}, err
	}
	strategy := rows[0].Strategy
	if s.Strategy != nil {
		if strategy = s.Strategy; *strategy == "" {
			strategy = nil
		}
	}
	if exists && delta == 0 && same(strategy, rows[0].Strategy) {
		return g, nil
	}
	now := i.now()
	if exists {
		err = database.MustChange(tx, 1, "UPDATE inventory SET available = available + ?, strategy = ?, version = version + 1, updated_at = ? WHERE goods = ?",
			delta, strategy, now, s.Goods)
	} else {
		// Who else makes it meanwhile fails this insert; the transaction is run again.
		err = database.MustChange(tx, 1, "INSERT INTO inventory (goods, available, strategy, updated_at) VALUES (?,?,?,?)", s.Goods, delta, strategy, now)
	}
	if err != nil {
		return Goods{}, err
	}
	err = database.MustChange(tx, 1, "INSERT INTO inventory_history (goods, kind, quantity, user_id, reason, created_at) VALUES (?,?,?,?,?,?)",
		s.Goods, int(KindSet), delta, s.Actor, s.Reason, now)
	if err != nil {
		return Goods{}, err
	}
	g.Available, g.Version, g.UpdatedAt = g.Available+delta, g.Version+1, seckill.UnixMilli(now)
	if g.Strategy = ""; strategy != nil {
		g.Strategy = *strategy
	}
	return g, nil
}

// difference is what a change adds to the goods as they are.
func (s Set) difference(g Goods, exists bool) (int64, error) {
	if s.Version != nil && *s.Version != g.Version {
		err := seckill.Errorf(seckill.CodeConflict, "the goods have version %d, not %d", g.Version, *s.Version)
		switch {
		case *s.Version == 0:
			err.Detail = "the goods exist already"
		case !exists:
			return 0, because(seckill.CodeNotFound, &UnknownError{[]string{s.Goods}})
		}
		err.Cause = ErrVersion
		return 0, err
	}
	delta := s.By
	if s.To != nil {
		delta = *s.To - g.OnHand()
	}
	switch {
	case !exists && s.To == nil && delta <= 0:
		return 0, because(seckill.CodeNotFound, &UnknownError{[]string{s.Goods}})
	case g.Available+delta < 0:
		return 0, seckill.Errorf(seckill.CodeConflict, "of %d units on hand %d are reserved by orders and %d allotted to sales: at most %d can be taken away",
			g.OnHand(), g.Reserved, g.Allotted, g.Available)
	case g.OnHand()+delta > MaxOnHand:
		return 0, seckill.Invalid("on_hand", "makes more than %d units", MaxOnHand)
	}
	return delta, nil
}

func same(a, b *string) bool { return a == b || a != nil && b != nil && *a == *b }
