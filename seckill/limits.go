package seckill

import "time"

// Limits on everything that a person or another system can send. They are
// constants, not settings: the scripts, the SQL columns and the API description
// rely on them.
const (
	MaxItemsPerSale  = 100
	MaxLinesPerOrder = 10
	MaxUnitsPerLine  = 1_000
	// MaxStock is the most units of one item, initial stock and top-ups together.
	MaxStock = 10_000_000
	// MaxPrice is the highest price of one unit, in minor units.
	MaxPrice = 1_000_000_000_000

	MaxNameRunes  = 200
	MaxTitleRunes = 200
	MaxURLBytes   = 2_000
	// MaxImages is the most pictures of an item besides its first one.
	MaxImages        = 8
	MaxSKUBytes      = 64
	MaxBuyerRunes    = 64
	MaxKeyBytes      = 64
	MaxReasonRunes   = 200
	MinHold          = time.Second
	MaxHold          = 24 * time.Hour
	MaxSaleDuration  = 31 * 24 * time.Hour
	DefaultHold      = 15 * time.Minute
	DefaultItemLimit = 1

	// MaxWaiters is the most buyers who wait for units of one sale.
	MaxWaiters = 100_000
	// MaxPlaces is the most places that one queue gives.
	MaxPlaces = 1_000_000
	// MaxDrawEntries is the most entries of one draw.
	MaxDrawEntries = 1_000_000

	// MaxImportRows is the most goods of one import of the shop's stock.
	MaxImportRows = 1_000
)
