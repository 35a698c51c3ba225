package ui

import (
	"bytes"
	"fmt"
	"path"
	"regexp"
	"strings"
)

// A page's modules go out as one: forty files would take a browser that speaks
// HTTP/1.1, six at a time, seven round trips, and cost half as many bytes again.
// Each module becomes a function that gives what it exports, after those that it
// imports, so that it runs once and keeps its names to itself, as it would alone.
// The forms of import and export that are in use are known; any other stops the
// start.

var (
	importing   = regexp.MustCompile(`\bimport\s*(?:([\w$]+)|\{([^}]*)\})\s*from\s*["'](\.{1,2}/[^"']+)["'];?`)
	passingOn   = regexp.MustCompile(`\bexport\s*\{([^}]*)\}\s*from\s*["'](\.{1,2}/[^"']+)["'];?`)
	exporting   = regexp.MustCompile(`\bexport\s*\{([^}]*)\};?`)
	byDefault   = regexp.MustCompile(`(^|[\n;])export default `)
	declaring   = regexp.MustCompile(`(?m)^export ((?:async function|function|class|const) ([\w$]+))`)
	notBundled  = regexp.MustCompile(`(?m)(?:^|;)(?:import|export)\b.{0,60}|\bimport(?:\.meta|\().{0,40}`)
	defaultName = "default$"
)

// bundler puts modules into one, each after those that it imports.
type bundler struct {
	assets map[string]*file
	names  map[string]string // of what each module gave; "" while it is being written
	out    bytes.Buffer
}

// bundle gives the entry and all that it imports as one module.
func bundle(assets map[string]*file, entry string) []byte {
	b := &bundler{assets: assets, names: map[string]string{}}
	b.add(entry)
	return b.out.Bytes()
}

// add writes a module, if it is not there yet, and gives the name of its exports.
func (b *bundler) add(module string) string {
	if name, seen := b.names[module]; seen {
		if name == "" {
			panic("ui: modules import each other: " + module)
		}
		return name
	}
	f, ok := b.assets[module]
	if !ok {
		panic("ui: no module " + module)
	}
	name := fmt.Sprintf("module$%d", len(b.names))
	b.names[module] = ""
	code, exports := b.rewrite(module, string(f.plain))
	b.names[module] = name
	fmt.Fprintf(&b.out, "const %s = (() => {\n%s\nreturn { %s };\n})();\n", name, strings.TrimSpace(code), strings.Join(exports, ", "))
	return name
}

// rewrite takes imports and exports out of a module's code and lists the exports,
// as an object is written.
func (b *bundler) rewrite(module, code string) (string, []string) {
	var exports []string
	from := func(relative string) string { return b.add(path.Join(path.Dir(module), relative)) }
	code = replace(passingOn, code, func(m []string) string {
		other := from(m[2])
		for _, n := range namesIn(m[1]) {
			exports = append(exports, n.outer+": "+other+"."+n.inner)
		}
		return ""
	})
	code = replace(importing, code, func(m []string) string {
		if m[1] != "" {
			return fmt.Sprintf("const %s = %s.default;", m[1], from(m[3]))
		}
		var taken []string
		for _, n := range namesIn(m[2]) {
			taken = append(taken, n.inner+": "+n.outer)
		}
		return fmt.Sprintf("const { %s } = %s;", strings.Join(taken, ", "), from(m[3]))
	})
	code = replace(exporting, code, func(m []string) string {
		for _, n := range namesIn(m[1]) {
			exports = append(exports, n.outer+": "+n.inner)
		}
		return ""
	})
	code = replace(byDefault, code, func(m []string) string {
		exports = append(exports, "default: "+defaultName)
		return m[1] + "const " + defaultName + " = "
	})
	if !strings.HasPrefix(module, "vendor/") { // those have one list, and more in what is commented out
		code = replace(declaring, code, func(m []string) string {
			exports = append(exports, m[2])
			return m[1]
		})
	}
	if left := notBundled.FindString(code); left != "" && !strings.HasPrefix(module, "vendor/") {
		panic("ui: " + module + " has what the bundle does not know: " + left)
	}
	return code, exports
}

// naming is `inner as outer`, which are the same where there is no `as`.
type naming struct{ inner, outer string }

func namesIn(list string) (all []naming) {
	for one := range strings.SplitSeq(list, ",") {
		switch words := strings.Fields(one); len(words) {
		case 1:
			all = append(all, naming{words[0], words[0]})
		case 3:
			all = append(all, naming{words[0], words[2]})
		}
	}
	return all
}

func replace(pattern *regexp.Regexp, code string, with func(groups []string) string) string {
	return pattern.ReplaceAllStringFunc(code, func(found string) string {
		return with(pattern.FindStringSubmatch(found))
	})
}
