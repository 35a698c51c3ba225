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
	n, err := one.Write(make([]byte, pipeBuffer-10))
	require.NoError(t, err)
	require.Equal(t, pipeBuffer-10, n)
	require.NoError(t, one.SetWriteDeadline(time.Now().Add(200*time.Millisecond)))
	n, err = one.Write(make([]byte, 20))
	var timeout net.Error
	require.ErrorAs(t, err, &timeout)
	require.True(t, timeout.Timeout())
	require.Equal(t, 10, n)

	// What the other end has read makes room, also while it reads no faster than this writes.
	require.NoError(t, one.SetWriteDeadline(time.Time{}))
	const part = pipeBuffer / 2
	for range 3 * pipeBuffer / part {
		_, err := io.ReadFull(other, make([]byte, part))
		require.NoError(t, err)
		_, err = one.Write(make([]byte, part))
		require.NoError(t, err)
	}
	require.LessOrEqual(t, cap(one.(*end).out.data), 2*pipeBuffer)
	require.NoError(t, one.Close())
	rest, err := io.ReadAll(other)
	require.NoError(t, err)
	require.Len(t, rest, pipeBuffer)
}
