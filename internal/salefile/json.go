package salefile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// readJSON reads the one value of a text, strictly: each name once in its object,
// letters that exist, numbers as they are written.
func readJSON(data []byte) (value, error) {
	r := jsonReader{jsontext.NewDecoder(bytes.NewReader(data)), data, 0, 1}
	v, err := r.value(0)
	if err == nil {
		if _, err = r.ReadToken(); err == nil {
			return v, errors.New("more than one JSON value in it")
		}
	}
	var syntax *jsontext.SyntacticError
	switch {
	case errors.Is(err, io.EOF): // after the value, or instead of it: an empty text
		return v, nil
	case errors.Is(err, jsontext.ErrDuplicateName) && errors.As(err, &syntax):
		return v, &RowError{r.at(syntax.ByteOffset), short(syntax.JSONPointer.LastToken()) + " is there twice"}
	case errors.As(err, &syntax):
		return v, &RowError{r.at(syntax.ByteOffset), strings.TrimPrefix(syntax.Err.Error(), "jsontext: ")}
	}
	return v, err
}

// jsonReader makes values of tokens and counts lines on the way.
type jsonReader struct {
	*jsontext.Decoder
	data    []byte
	counted int // bytes whose lines are in line
	line    int
}

func (r *jsonReader) at(offset int64) string {
	if end := min(int(offset), len(r.data)); end > r.counted {
		r.line += bytes.Count(r.data[r.counted:end], []byte("\n"))
		r.counted = end
	}
	return fmt.Sprintf("line %d", r.line)
}

func (r *jsonReader) value(depth int) (value, error) {
	token, err := r.ReadToken()
	if err != nil {
		return value{}, err
	}
	where := r.at(r.InputOffset())
	v := value{line: r.line}
	if depth > maxDepth {
		return v, &RowError{where, "values stand too deep in one another"}
	}
	switch token.Kind() {
	case 'n':
		v.kind, v.text = null, "null"
	case '"':
		v.kind, v.text = quoted, token.String()
	case '[':
		v.kind = list
		for r.PeekKind() != ']' && err == nil {
			var next value
			next, err = r.value(depth + 1)
			v.list = append(v.list, next)
		}
	case '{':
		v.kind = object
		for r.PeekKind() != '}' && err == nil {
			var name jsontext.Token
			if name, err = r.ReadToken(); err == nil {
				f := field{name: name.String()} // before the next read, which takes the token's bytes
				r.at(r.InputOffset())
				f.line = r.line
				f.value, err = r.value(depth + 1)
				v.fields = append(v.fields, f)
			}
		}
	default:
		v.kind, v.text = literal, token.String()
	}
	if err == nil && (v.kind == list || v.kind == object) {
		_, err = r.ReadToken() // its end
	}
	return v, err
}
