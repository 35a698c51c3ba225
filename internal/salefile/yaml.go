package salefile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// maxRepeated bounds what aliases may make of a file: a few lines of them can stand
// for more values than there is memory.
const maxRepeated = 100_000

// readYAML reads the one document of a file. Scalars stay as they are written: YAML
// would make 64 of 0100 and a time of a date.
func readYAML(data []byte) (value, error) {
	d := yaml.NewDecoder(bytes.NewReader(data))
	var document yaml.Node
	switch err := d.Decode(&document); {
	case errors.Is(err, io.EOF):
		return value{}, nil
	case err != nil:
		return value{}, yamlError(err, data)
	}
	if err := d.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return value{}, errors.New("more than one YAML document in it")
	}
	r := yamlReader{repeated: maxRepeated}
	file, err := r.value(document.Content[0], 0, false)
	file.fields = slices.DeleteFunc(file.fields, func(f field) bool { return strings.HasPrefix(f.name, extension) })
	return file, err
}

// extension begins the names of a file's own fields that are there to be repeated by
// aliases and for nothing else, as in Compose files.
const extension = "x-"

// yamlReader makes values of nodes and counts those that stand for others.
type yamlReader struct{ repeated int }

func (r *yamlReader) value(n *yaml.Node, depth int, repeats bool) (value, error) {
	if repeats {
		r.repeated--
	}
	switch v := (value{line: n.Line}); {
	case r.repeated < 0:
		return v, lineError(n, "its aliases stand for more than %d values", maxRepeated)
	case depth > maxDepth:
		return v, lineError(n, "values stand too deep in one another")
	case n.Kind == yaml.AliasNode:
		v, err := r.value(n.Alias, depth+1, true)
		v.line = n.Line
		return v, err
	case n.Kind == yaml.SequenceNode:
		v.kind = list
		for _, one := range n.Content {
			next, err := r.value(one, depth+1, repeats)
			if err != nil {
				return v, err
			}
			v.list = append(v.list, next)
		}
		return v, nil
	case n.Kind == yaml.MappingNode:
		return r.object(n, depth, repeats)
	default:
		v.text, v.kind = n.Value, scalarKind(n)
		return v, nil
	}
}

// object reads a mapping. What it merges from others (<<) stands behind its own
// fields, and of several merged ones the first counts.
func (r *yamlReader) object(n *yaml.Node, depth int, repeats bool) (value, error) {
	v := value{kind: object, line: n.Line}
	var merged []value
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		next, err := r.value(n.Content[i+1], depth+1, repeats)
		if err != nil {
			return v, err
		}
		if key.ShortTag() == "!!merge" {
			if next.kind != list {
				next.list = []value{next}
			}
			for _, m := range next.list {
				for i := range m.fields {
					m.fields[i].line = key.Line // whoever looks there finds the way to where it stands
				}
				merged = append(merged, m)
			}
			continue
		}
		if key.Kind != yaml.ScalarNode {
			return v, lineError(key, "the name of a field must be a word; is a {{ }} of a template left there?")
		}
		if _, twice := v.get(key.Value); twice {
			return v, lineError(key, "%s is there twice", short(key.Value))
		}
		v.fields = append(v.fields, field{key.Value, next, key.Line})
	}
	for _, m := range merged {
		if m.kind != object {
			return v, lineError(n, "<< must be followed by an alias of an object, or a list of such")
		}
		for _, f := range m.fields {
			if _, own := v.get(f.name); !own {
				v.fields = append(v.fields, f)
			}
		}
	}
	return v, nil
}

func scalarKind(n *yaml.Node) kind {
	switch {
	case n.ShortTag() == "!!null":
		return null
	case n.Style&yaml.TaggedStyle != 0 && n.ShortTag() != "!!str":
		return literal
	case n.Style&^yaml.FlowStyle == 0:
		return bare
	default:
		return quoted
	}
}

func lineError(n *yaml.Node, format string, args ...any) *RowError {
	return &RowError{fmt.Sprintf("line %d", n.Line), fmt.Sprintf(format, args...)}
}

var yamlWords = regexp.MustCompile(`^yaml: line (\d+): (.*)$`)

// yamlError makes one line of the library's error, and says what people do who meet it.
func yamlError(err error, data []byte) error {
	words := strings.Join(strings.Fields(err.Error()), " ")
	m := yamlWords.FindStringSubmatch(words)
	if m == nil {
		return errors.New(strings.TrimPrefix(words, "yaml: "))
	}
	n, _ := strconv.Atoi(m[1])
	why, written := m[2], ""
	if lines := strings.Split(string(data), "\n"); n >= 1 && n <= len(lines) {
		written = lines[n-1]
		for i, line := range lines[n-1 : min(n+1, len(lines))] { // the library counts from 0 at times
			if strings.HasPrefix(line, "\t") {
				return &RowError{fmt.Sprintf("line %d", n+i), "begins with a tab; YAML is indented by spaces"}
			}
		}
	}
	switch {
	case strings.Contains(written, "："):
		why += "; it has a full-width colon"
	case strings.Contains(why, "cannot start any token"):
		why = "a text that begins with %, @ or ` needs quotes"
	case strings.Contains(why, "mapping values are not allowed"):
		why = "is not indented as the lines around it, or has a text with a colon in it, which needs quotes"
	}
	return &RowError{"line " + m[1], why}
}
