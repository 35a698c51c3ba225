package lock

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// section is one hold in a history: what a client saw of it, by the machine's clock.
type section struct {
	asked, got time.Time // Acquire began, and gave the lock
	sure       time.Time // just before the last look that said it holds; none did where it is 0
	fence      int64
	claimed    bool  // the row took its number before it read
	read       int64 // what it read then
	wrote      bool  // the row took what it wrote, which is what it read and one more
	order      int   // when it wrote, among all that wrote
	tried      bool
}

// row is what the lock protects. It does what the statements in the package's documentation
// do: it takes a number that is not below the highest it has seen.
type row struct {
	mu     sync.Mutex
	fence  int64
	value  int64
	writes int
}

func (r *row) claim(fence int64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if fence < r.fence {
		return false
	}
	r.fence = fence
	return true
}

// read is claim with what the row has.
func (r *row) read(fence int64) (value int64, claimed bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if fence < r.fence {
		return 0, false
	}
	r.fence = fence
	return r.value, true
}

func (r *row) write(fence, value int64) (order int, wrote bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if fence < r.fence {
		return 0, false
	}
	r.fence, r.value = fence, value
	r.writes++
	return r.writes, true
}

// check finds what is wrong with a history.
func check(sections []section, final int64) (wrong []string) {
	complain := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	for i, a := range sections {
		for j, b := range sections {
			if i == j {
				continue
			}
			if i < j && a.fence == b.fence {
				complain("two holders have fence %d", a.fence)
			}
			if a.got.Before(b.asked) && a.fence >= b.fence {
				complain("fence %d came after %d", b.fence, a.fence)
			}
			if i < j && a.got.Before(b.sure) && b.got.Before(a.sure) {
				complain("fences %d and %d were held at the same time", a.fence, b.fence)
			}
		}
	}
	// In the order in which the row took them: each wrote what the one before left, and one
	// more. A stale write would have read before another wrote.
	var written []section
	for _, s := range sections {
		if s.wrote {
			written = append(written, s)
		}
	}
	slices.SortFunc(written, func(a, b section) int { return cmp.Compare(a.order, b.order) })
	value := int64(0)
	for _, s := range written {
		if s.read != value {
			complain("a stale write was accepted: fence %d had read %d where there was %d", s.fence, s.read, value)
		}
		value = s.read + 1
	}
	if value != final {
		complain("the row has %d, and %d was written last", final, value)
	}
	return wrong
}

func TestTheCheckerFindsWhatIsWrong(t *testing.T) {
	t.Parallel()
	at := func(ms int) time.Time { return time.UnixMilli(int64(ms)) }
	one := section{asked: at(0), got: at(10), sure: at(20), fence: 5, claimed: true, wrote: true, order: 1}
	two := section{asked: at(15), got: at(30), sure: at(40), fence: 6, claimed: true, read: 1, wrote: true, order: 2}
	require.Empty(t, check([]section{one, two}, 2))
	for complaint, change := range map[string]func(){
		"two holders have fence 5": func() { two.fence = 5 },
		"fence 4 came after 5":     func() { two.fence = 4 },
		"at the same time":         func() { two.got = at(19) },
		"a stale write":            func() { two.read = 0 },
		"the row has 2":            func() { two.wrote = false },
	} {
		before := two
		change()
		require.Contains(t, fmt.Sprint(check([]section{one, two}, 2)), complaint)
		two = before
	}
}
