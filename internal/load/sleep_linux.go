package load

import (
	"syscall"
	"time"
)

// sleep sleeps in the kernel, to some microseconds; the runtime's own timers are
// up to a millisecond late when nothing else is going on.
func sleep(d time.Duration) {
	t := syscall.NsecToTimespec(int64(d))
	_ = syscall.Nanosleep(&t, nil) // woken early by a signal, it looks at the clock again
}
