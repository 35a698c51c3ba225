package fault

import "slices"

// Name is a point between two steps of which the first is durable somewhere, or
// seen by someone, and the second is not yet.
type Name string

// Points of a web process.
const (
	// AdmitSent: a batch of requests is together; the script has not been sent.
	AdmitSent Name = "admit.sent"
	// AdmitReserved: Redis has decided the batch; no caller knows its outcome.
	AdmitReserved Name = "admit.reserved"
	// BuyAdmitted: the order is accepted; its buyer has not been answered.
	BuyAdmitted Name = "buy.admitted"
	// CallbackCommitted: SQL has the payment; the provider has not been answered, and
	// a late payment is undecided.
	CallbackCommitted Name = "callback.committed"
	// CancelCommitted: SQL has the order as cancelled; its buyer has not been
	// answered.
	CancelCommitted Name = "cancel.committed"
	// PreloadReady: SQL has the sale as ready; Redis has not been loaded.
	PreloadReady Name = "preload.ready"
	// StateChanged: SQL has the sale's new state; Redis does not.
	StateChanged Name = "state.changed"
	// StockTaken: Redis no longer sells the units taken off a sale; SQL still has
	// them.
	StockTaken Name = "stock.taken"
	// StockChanged: SQL has an item's new total; Redis does not have it under SQL's
	// revision.
	StockChanged Name = "stock.changed"
)

// Points of a worker process.
const (
	// RelayRead: an outbox entry was given to this relay; nothing is published.
	RelayRead Name = "relay.read"
	// RelayClaimed: an entry that another reader did not bring home was claimed;
	// nothing is published.
	RelayClaimed Name = "relay.claimed"
	// RelayPublished: the broker has confirmed the entries; the next are not read.
	RelayPublished Name = "relay.published"
	// SettlerReceived: messages of admitted orders are here; SQL has not been asked.
	SettlerReceived Name = "settler.received"
	// SettlerCommitted: SQL has the orders; their outbox entries are still there.
	SettlerCommitted Name = "settler.committed"
	// SettlerCleared: the outbox entries are gone; the messages are not
	// acknowledged.
	SettlerCleared Name = "settler.cleared"
	// ExpirerReceived: messages of ended holds are here; SQL has not been asked.
	ExpirerReceived Name = "expirer.received"
	// ExpirerCommitted: SQL has the orders as expired; the messages are not
	// acknowledged.
	ExpirerCommitted Name = "expirer.committed"
	// ReleaserRead: the orders whose units are to go back are read; Redis does not
	// have them.
	ReleaserRead Name = "releaser.read"
	// ReleaserReleased: Redis sells the units again; SQL does not know.
	ReleaserReleased Name = "releaser.released"
	// ReleaserMarked: SQL knows that the units are back; the next are not read.
	ReleaserMarked Name = "releaser.marked"
	// AnnouncerRead: events are read from SQL; nothing is published.
	AnnouncerRead Name = "announcer.read"
	// AnnouncerPublished: the broker has confirmed the events; their rows are still
	// in SQL, and no delivery to the shop is.
	AnnouncerPublished Name = "announcer.published"
	// NotifierClaimed: events are this worker's to deliver; nothing is sent.
	NotifierClaimed Name = "notifier.claimed"
	// NotifierAnswered: the shop has answered for events; SQL does not know.
	NotifierAnswered Name = "notifier.answered"
	// InquirerAnswered: the provider has told what became of payments; SQL does not
	// know.
	InquirerAnswered Name = "inquirer.answered"
	// RefunderAnswered: the provider has returned the money; SQL still owes it.
	RefunderAnswered Name = "refunder.answered"
	// PaymentsReceived: messages of paid orders are here; their units still count
	// as reserved.
	PaymentsReceived Name = "payments.received"
	// PaymentsCommitted: SQL has the units as sold; the messages are not
	// acknowledged.
	PaymentsCommitted Name = "payments.committed"
	// AllotmentSettled: SQL has given back what a closed sale did not sell of the shop's
	// stock; Redis has the old totals.
	AllotmentSettled Name = "allotment.settled"
	// OffererNoted: SQL has places as being offered units; Redis has not been asked.
	OffererNoted Name = "offerer.noted"
	// OffererOffered: Redis has the orders of the offers; SQL does not know yet.
	OffererOffered Name = "offerer.offered"
	// DrawerClosed: no more entries are taken; nothing is committed to.
	DrawerClosed Name = "drawer.closed"
	// DrawerCommitted: the commitment to a draw's entries is in SQL.
	DrawerCommitted Name = "drawer.committed"
	// DrawerRanked: SQL has the ranks of a draw, which is not published.
	DrawerRanked Name = "drawer.ranked"
	// DrawerPlaced: the next ranks of a draw are in the waitlist.
	DrawerPlaced Name = "drawer.placed"
	// UsherCalled: SQL has given people who queue their turns; nobody was told.
	UsherCalled Name = "usher.called"
)

// Points of both.
const (
	// LedgerBegun: every statement of a transaction that writes was run; it is not
	// committed.
	LedgerBegun Name = "ledger.begun"
	// LedgerCommitted: the transaction is committed; nobody has been told.
	LedgerCommitted Name = "ledger.committed"
	// RetakeTaken: Redis was asked for the units of an order that was paid late, and
	// may hold them again; SQL has not decided.
	RetakeTaken Name = "retake.taken"
	// LoadFenced: Redis lets nobody into the sale that is to be loaded; SQL has not
	// begun a new epoch of it.
	LoadFenced Name = "load.fenced"
	// LoadRead: SQL has begun the epoch and told all that it has; Redis has some of
	// it.
	LoadRead Name = "load.read"
	// LoadWritten: Redis has every key of the sale but its state; nobody gets in.
	LoadWritten Name = "load.written"
	// LoadOpened: Redis lets buyers in; the list of loaded sales does not have the
	// sale yet, and nobody has been told.
	LoadOpened Name = "load.opened"
)

var names = []Name{
	AdmitSent, AdmitReserved, BuyAdmitted, CallbackCommitted, CancelCommitted,
	PreloadReady, StateChanged, StockTaken, StockChanged,
	RelayRead, RelayClaimed, RelayPublished,
	SettlerReceived, SettlerCommitted, SettlerCleared,
	ExpirerReceived, ExpirerCommitted,
	ReleaserRead, ReleaserReleased, ReleaserMarked,
	AnnouncerRead, AnnouncerPublished,
	NotifierClaimed, NotifierAnswered,
	InquirerAnswered, RefunderAnswered,
	PaymentsReceived, PaymentsCommitted, AllotmentSettled,
	OffererNoted, OffererOffered,
	DrawerClosed, DrawerCommitted, DrawerRanked, DrawerPlaced, UsherCalled,
	LedgerBegun, LedgerCommitted, RetakeTaken,
	LoadFenced, LoadRead, LoadWritten, LoadOpened,
}

// Names lists all points, in the order of their declaration.
func Names() []Name { return slices.Clone(names) }
