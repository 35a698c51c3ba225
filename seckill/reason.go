package seckill

import "strings"

// Why an order is failed or refund_due, as its buyer reads it. The word before the
// colon never changes; pages have a text of their own for it.
const (
	ReasonSoldOut          = "sold_out: no unit was left when the order was recorded"
	ReasonDuplicateRequest = "duplicate_request: another order of yours has the same idempotency key"
	ReasonLimitExceeded    = "limit_exceeded: you have another order, and with both you would have more than one buyer may"
	ReasonUnknownItem      = "unknown_item: the item is not on sale"
	ReasonPaidLate         = "paid_late: the payment came after the order had ended and is returned"
	ReasonPaidLateLimit    = "paid_late_limit: the payment came after the order had ended, with another order of yours it would be more than one buyer may have, and it is returned"
	ReasonLost             = "lost: the order was lost before it could be recorded, and no unit was left for it"
)

// Reasons lists every reason.
var Reasons = []string{ReasonSoldOut, ReasonDuplicateRequest, ReasonLimitExceeded, ReasonUnknownItem, ReasonPaidLate, ReasonPaidLateLimit, ReasonLost}

// ReasonWord is the word of a reason that never changes.
func ReasonWord(reason string) string {
	word, _, _ := strings.Cut(reason, ":")
	return word
}
