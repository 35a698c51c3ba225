package load

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// Answer is what a server said.
type Answer struct {
	Status int
	// Body is valid only as long as the answer is.
	Body []byte

	closes bool // the server keeps the connection no longer
}

var (
	codeMark  = []byte(`"code":"`)
	orderMark = []byte(`"order_id":"`)
)

// Code is the code of a problem; empty where the answer is none.
func (a Answer) Code() []byte { return a.word(codeMark) }

// OrderID is the order that the answer names first; empty where it names none.
func (a Answer) OrderID() []byte { return a.word(orderMark) }

// word finds a JSON member by its mark. Codes and ids have nothing in them that
// JSON would escape, and no other member comes before them that buyers choose.
func (a Answer) word(mark []byte) []byte {
	at := bytes.Index(a.Body, mark)
	if at < 0 {
		return nil
	}
	rest := a.Body[at+len(mark):]
	end := bytes.IndexByte(rest, '"')
	if end < 0 {
		return nil
	}
	return rest[:end]
}

// maxBody bounds the answer to one request; maxHeader, by the size of the
// reader, each line of its header.
const (
	maxBody   = 1 << 20
	maxHeader = 8 << 10
)

var errAnswer = errors.New("the answer is not HTTP/1.1 as expected")

// readAnswer reads one answer; body is used again for its body.
func readAnswer(r *bufio.Reader, body []byte) (a Answer, err error) {
	line, err := readLine(r)
	if err != nil {
		return a, err
	}
	// HTTP/1.1 202 Accepted
	if len(line) < 12 || !bytes.HasPrefix(line, []byte("HTTP/1.")) {
		return a, fmt.Errorf("%w: begins with %.20q", errAnswer, line)
	}
	a.Status = number(line[9:12])
	a.closes = line[7] == '0'
	length, chunked := -1, false
	for {
		if line, err = readLine(r); err != nil {
			return a, err
		}
		if len(line) == 0 {
			break
		}
		switch line[0] | 0x20 { // most lines are of no interest, and are told by their first letter
		case 'c':
			if v, ok := headerValue(line, "content-length"); ok {
				length = number(v)
			} else if v, ok := headerValue(line, "connection"); ok {
				a.closes = a.closes || bytes.EqualFold(v, []byte("close"))
			}
		case 't':
			if v, ok := headerValue(line, "transfer-encoding"); ok {
				chunked = bytes.EqualFold(v, []byte("chunked"))
			}
		}
	}
	switch {
	case a.Status == 204 || a.Status == 304:
	case chunked:
		a.Body, err = readChunks(r, body[:0])
	case length < 0 || length > maxBody:
		err = fmt.Errorf("%w: length %d", errAnswer, length)
	default:
		if cap(body) < length {
			body = make([]byte, length)
		}
		a.Body = body[:length]
		_, err = io.ReadFull(r, a.Body)
	}
	return a, err
}

func readChunks(r *bufio.Reader, body []byte) ([]byte, error) {
	for {
		line, err := readLine(r)
		if err != nil {
			return body, err
		}
		size, _, _ := bytes.Cut(line, []byte{';'})
		n, err := strconv.ParseUint(string(bytes.TrimSpace(size)), 16, 32)
		if err != nil || len(body)+int(n) > maxBody {
			return body, fmt.Errorf("%w: chunk of %.20q", errAnswer, line)
		}
		at := len(body)
		body = append(body, make([]byte, n)...)
		if _, err := io.ReadFull(r, body[at:]); err != nil {
			return body, err
		}
		// Each chunk ends with an empty line; after the last come trailers, which
		// nobody sends to a client that did not ask for them.
		if line, err = readLine(r); err != nil || len(line) > 0 {
			return body, errors.Join(errAnswer, err)
		}
		if n == 0 {
			return body, nil
		}
	}
}

// readLine gives a line without its end; it is valid until the next read.
func readLine(r *bufio.Reader) ([]byte, error) {
	line, err := r.ReadSlice('\n')
	if err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(line[:len(line)-1], []byte{'\r'}), nil
}

func headerValue(line []byte, name string) ([]byte, bool) {
	if len(line) <= len(name) || line[len(name)] != ':' || !bytes.EqualFold(line[:len(name)], []byte(name)) {
		return nil, false
	}
	return bytes.TrimSpace(line[len(name)+1:]), true
}

// number reads digits; -1 where there is anything else.
func number(digits []byte) int {
	if len(digits) == 0 || len(digits) > 9 {
		return -1
	}
	n := 0
	for _, d := range digits {
		if d < '0' || d > '9' {
			return -1
		}
		n = n*10 + int(d-'0')
	}
	return n
}
