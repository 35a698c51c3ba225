package e2e

import (
	"fmt"
	"strings"
)

// metric reads a figure without labels from the process's operations port; ok is
// false while it is not there.
func (p *process) metric(name string) (value float64, ok bool) {
	a, err := call("GET", p.opsURL+"/metrics", "", nil, nil)
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(a.Body)) {
		if n, _ := fmt.Sscanf(line, name+" %g", &value); n == 1 {
			return value, true
		}
	}
	return 0, false
}
