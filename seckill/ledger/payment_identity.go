package ledger

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/seckill-go/seckill/seckill"
)

// fingerprintBytes is what tells two events apart that came with one id.
const fingerprintBytes = 16

// eventRow is an event as it was recorded, by what it says.
type eventRow struct {
	Provider, EventID, Type, PaymentID, Currency, Outcome string
	OrderID, Amount                                       int64
}

// says tells whether an event is the recorded one again. When the money came is not
// part of it, nor how the body is written: those may differ between two deliveries.
func (r eventRow) says(e seckill.PaymentEvent) bool {
	return r.Type == string(e.Type) && r.PaymentID == e.PaymentID && r.OrderID == int64(e.OrderID) &&
		r.Amount == e.Amount && r.Currency == e.Currency
}

// difference names the first thing in which an event is another than the recorded one.
func (r eventRow) difference(e seckill.PaymentEvent) string {
	const before = "another event had this id: "
	switch {
	case r.Type != string(e.Type):
		return before + "its type was " + r.Type
	case r.OrderID != int64(e.OrderID):
		return before + "its order was " + seckill.ID(r.OrderID).String()
	case r.PaymentID != e.PaymentID:
		return fmt.Sprintf("%sits payment was %.80s", before, r.PaymentID)
	case r.Amount != e.Amount:
		return fmt.Sprintf("%sits amount was %d", before, r.Amount)
	}
	return fmt.Sprintf("%sits currency was %q", before, r.Currency)
}

// unread tells whether an event says nothing that could be acted upon.
func unread(e seckill.PaymentEvent) bool { return e.Malformed != nil || !e.Type.Known() }

// beside is the id under which an event is recorded that cannot have its own: another
// event has that, or this one cannot be understood and must not take the id of the event
// that it was meant to be. It is the same whenever the same event comes again, and
// differs from every provider's id, as none has a space.
func beside(e seckill.PaymentEvent) string {
	said := sha256.New()
	if unread(e) {
		_, _ = said.Write(e.Body)
	} else {
		_, _ = fmt.Fprintf(said, "%q %q %d %d %q", e.Type, e.PaymentID, e.OrderID, e.Amount, e.Currency)
	}
	return e.ID + " " + hex.EncodeToString(said.Sum(nil)[:fingerprintBytes])
}
