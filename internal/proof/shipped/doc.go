// Package shipped tests the files that ship beside the Go code: the preload
// script, and what the deploy folder says of settings and metrics.
package shipped
