// Package shipped tests the files that ship beside the Go code: the preload script, the
// settings and metrics that the deploy folder names, what the documentation says of
// both, and that every planted bug still applies.
package shipped
