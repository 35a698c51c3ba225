package rabbit

import (
	"errors"
	"net"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// socket notes what is written to it, write by write.
type socket struct {
	net.Conn
	writes []string
	broken error
}

func (s *socket) Write(p []byte) (int, error) {
	if s.broken != nil {
		return 0, s.broken
	}
	s.writes = append(s.writes, string(p))
	return len(p), nil
}

func (w *wire) mustWrite(t *testing.T, texts ...string) {
	for _, text := range texts {
		n, err := w.Write([]byte(text))
		require.NoError(t, err)
		require.Equal(t, len(text), n)
	}
}

func TestAWindowGoesOutInOneWrite(t *testing.T) {
	s := &socket{}
	w := &wire{Conn: s}
	w.mustWrite(t, "a", "b")
	w.hold()
	w.mustWrite(t, "c", "d")
	require.Equal(t, []string{"a", "b"}, s.writes, "the rest of the window is still to come")
	require.NoError(t, w.release())
	w.mustWrite(t, "e")
	require.Equal(t, []string{"a", "b", "cd", "e"}, s.writes)
}

func TestAWindowWaitsForNoOther(t *testing.T) {
	s := &socket{}
	w := &wire{Conn: s}
	w.hold()
	w.hold()
	w.mustWrite(t, "a", "b")
	require.NoError(t, w.release())
	require.Equal(t, []string{"ab"}, s.writes)
	require.NoError(t, w.release())
}

func TestALongWindowGoesOutInPieces(t *testing.T) {
	s := &socket{}
	w := &wire{Conn: s}
	w.hold()
	w.mustWrite(t, "a", strings.Repeat("b", wireHolds))
	require.Len(t, s.writes, 1)
}

func TestWhatCouldNotBeSentIsAnErrorFromThenOn(t *testing.T) {
	s := &socket{broken: errors.New("broken pipe")}
	w := &wire{Conn: s}
	w.hold()
	w.mustWrite(t, "a")
	require.ErrorIs(t, w.release(), s.broken)
	broken := s.broken
	s.broken = nil
	_, err := w.Write([]byte("b"))
	require.ErrorIs(t, err, broken, "what comes now would lie behind a gap")
	require.Empty(t, s.writes)
}
