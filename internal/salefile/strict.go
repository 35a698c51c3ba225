package salefile

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"go.yaml.in/yaml/v3"
)

// strict decodes a whole document and refuses keys that it does not know.
func strict(data []byte, into any) error {
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	switch err := d.Decode(into); {
	case errors.Is(err, io.EOF):
		return errors.New("the file is empty")
	case err != nil:
		return plain(err)
	}
	if err := d.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return errors.New("more than one YAML document in it")
	}
	return nil
}

// decode is strict for a part of a document, which the library's own Decode on
// a node is not.
func decode(node *yaml.Node, into any) error {
	data, err := yaml.Marshal(node)
	if err != nil {
		return plain(err)
	}
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	return plain(d.Decode(into))
}

// plain turns the library's many-line errors into one line.
func plain(err error) error {
	if err == nil {
		return nil
	}
	var te *yaml.TypeError
	if errors.As(err, &te) {
		reasons := make([]string, len(te.Errors))
		for i, e := range te.Errors {
			reasons[i] = strings.ReplaceAll(withoutLine(e), "in type salefile.", "in a ")
		}
		return errors.New(strings.Join(reasons, "; "))
	}
	return errors.New(strings.Join(strings.Fields(err.Error()), " "))
}

// withoutLine drops "line 3: ", which counts within the part.
func withoutLine(s string) string {
	if rest, ok := strings.CutPrefix(s, "line "); ok {
		if _, reason, ok := strings.Cut(rest, ": "); ok {
			return reason
		}
	}
	return s
}
