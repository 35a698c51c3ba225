// Package stockload sells goods of the shop's stock from many callers in several
// processes, and measures what each way to keep the stock safe costs, and whether it
// does.
//
// Processes starts the callers' processes, and Serve is what each of them does. They are
// told of one Cell of the table at a time, and begin together. Whoever measures looks at
// the stock before and after it: units that callers were told they had got, but that have
// not left the stock, were sold to somebody else as well.
//
// It is a closed loop: each caller sells its next order when the last one is answered.
package stockload
