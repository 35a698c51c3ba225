// Package load sends requests to an HTTP server over many keep-alive connections
// and measures the answers.
//
// In a closed loop each connection sends its next request when the answer has
// come: that finds the most a server can do. In an open loop requests are due at
// a fixed rate whatever the server does, and each latency counts from the moment
// at which its request was due: a server that stalls shows in the figures, and
// not only in how few there are.
//
// It often shares its processors with the server that it measures, so it costs
// little: requests are prepared bytes, of the answers only the status and two
// short words are read, and nothing is allocated for a request.
package load
