// Package e2e tests whole processes as their users meet them: the binary is
// built and started, driven over HTTP and with a browser, killed with SIGKILL,
// and audited afterwards. Nothing here reaches into a process.
package e2e
