package embedded

import (
	"io"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/nettest"
)

func TestAPipeIsAConnection(t *testing.T) {
	t.Parallel()
	nettest.TestConn(t, func() (one, other net.Conn, stop func(), err error) {
		one, other = pipe()
		return one, other, func() { one.Close(); other.Close() }, nil
	})
}

func TestAPipeTakesNoMoreThanItsBuffer(t *testing.T) {
	t.Parallel()
	one, other := pipe()
	require.NoError(t, one.SetWriteDeadline(time.Now().Add(200*time.Millisecond)))
	n, err := one.Write(make([]byte, pipeBuffer+10))
	var timeout net.Error
	require.ErrorAs(t, err, &timeout)
	require.True(t, timeout.Timeout())
	require.Equal(t, pipeBuffer, n)

	// What the other end has read makes room, also while it reads no faster than this writes.
	require.NoError(t, one.SetWriteDeadline(time.Time{}))
	for range 3 * pipeBuffer / (1 << 20) {
		_, err := io.ReadFull(other, make([]byte, 1<<20))
		require.NoError(t, err)
		_, err = one.Write(make([]byte, 1<<20))
		require.NoError(t, err)
	}
	require.LessOrEqual(t, cap(one.(*end).out.data), 2*pipeBuffer)
	require.NoError(t, one.Close())
	rest, err := io.ReadAll(other)
	require.NoError(t, err)
	require.Len(t, rest, pipeBuffer)
}
