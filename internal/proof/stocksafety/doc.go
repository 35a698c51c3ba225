// Package stocksafety measures ways to sell goods of a shop's stock from several
// processes: the five strategies of package inventory, which never oversell, beside four
// ways that are widely used and do. Those exist here alone, to show what they do.
//
// Begin with unsafe.go; TestStockSafety makes the table and the plots of
// docs/stock-safety.md.
package stocksafety
