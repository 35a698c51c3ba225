package seckill

import "time"

// Audit is one reading of a sale's counters from Redis and SQL, and whether
// they add up.
type Audit struct {
	SaleID    ID          `json:"sale_id"`
	Conserved bool        `json:"conserved"`
	At        time.Time   `json:"at"`
	Items     []AuditItem `json:"items"`
	// DeadLetters is what else of the sale waits for a person. It says nothing
	// about conservation: the orders in them are counted where their units are.
	DeadLetters *DeadLetterCount `json:"dead_letters,omitempty"`
}

// DeadLetterCount is how many messages of a sale nobody could handle.
type DeadLetterCount struct {
	// Known is false when it could not be told; Reason says why, and the counts
	// are 0.
	Known  bool   `json:"known"`
	Reason string `json:"reason,omitempty"`
	// Messages of the sale, and how many different orders they name.
	Messages int `json:"messages"`
	Orders   int `json:"orders"`
	// Unreadable messages do not tell of which sale they are.
	Unreadable int `json:"unreadable"`
	// AtLeast tells that there are more than were looked at.
	AtLeast bool `json:"at_least"`
}

// AuditItem is one item's counters with its drift.
type AuditItem struct {
	ItemCounters
	Drift int64 `json:"drift"`
}

// NewAudit judges a reading. The counters must be of one moment: a unit that
// moved between two readings would look like drift.
func NewAudit(sale ID, at time.Time, items []ItemCounters) Audit {
	a := Audit{SaleID: sale, Conserved: true, At: at, Items: make([]AuditItem, len(items))}
	for i, c := range items {
		a.Items[i] = AuditItem{ItemCounters: c, Drift: c.Drift()}
		if c.Drift() != 0 || min(c.Available, c.InFlight, c.Reserved, c.Sold, c.Releasing) < 0 {
			a.Conserved = false
		}
	}
	return a
}

// Repair is what it takes to make a sale conserved again: SQL is the truth, so
// what is available in Redis is set to what SQL and the outbox leave.
type Repair struct {
	SaleID ID   `json:"sale_id"`
	DryRun bool `json:"dry_run"`
	// Done tells that Redis was changed. A conserved sale needs nothing.
	Done bool `json:"done"`
	// Refusal says why it cannot be done now; empty when it can, or was.
	Refusal string       `json:"refusal,omitempty"`
	Items   []RepairItem `json:"items"`
}

// RepairItem is an item that has drifted.
type RepairItem struct {
	SKU       string `json:"sku"`
	Drift     int64  `json:"drift"`
	Available int64  `json:"available"`
	// Target is what must be available.
	Target int64 `json:"target"`
}
