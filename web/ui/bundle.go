package ui

import (
	"encoding/json"
	"fmt"
	"path"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// A page's modules go out as one: forty files would take a browser that speaks
// HTTP/1.1, six at a time, seven round trips, and cost half as many bytes again.
// They are put together when the program starts, from what is embedded, so that
// there is no build step.

// bundled is a module and all that it imports as one.
type bundled struct {
	entry   string
	code    []byte
	modules map[string]bool // that went into it
}

// bundle makes one, without what only readers of the sources need. A part that a page
// loads later is given the page, else nothing: what the page has already the part takes
// from there, since two of it would be two buyers and two languages. The page exports what
// such parts take.
func bundle(entry string, page bundled) (bundled, error) {
	built := api.Build(api.BuildOptions{
		EntryPoints:       []string{entry},
		Bundle:            true,
		Format:            api.FormatESModule,
		Target:            api.ES2022,
		Charset:           api.CharsetUTF8,
		MinifyWhitespace:  true,
		MinifyIdentifiers: true,
		MinifySyntax:      true,
		LegalComments:     api.LegalCommentsNone, // the licences lie beside the vendored modules
		Metafile:          true,
		Plugins:           []api.Plugin{{Name: embedded, Setup: func(b api.PluginBuild) { readEmbedded(b, page) }}},
	})
	if len(built.Errors) > 0 {
		e := built.Errors[0]
		if e.Location != nil {
			return bundled{}, fmt.Errorf("%s:%d: %s", e.Location.File, e.Location.Line, e.Text)
		}
		return bundled{}, fmt.Errorf("%s: %s", entry, e.Text)
	}
	modules, err := modulesOf(built)
	return bundled{entry: entry, code: built.OutputFiles[0].Contents, modules: modules}, err
}

const embedded = "embedded"

// modulesOf names what went into a bundle.
func modulesOf(built api.BuildResult) (map[string]bool, error) {
	var meta struct{ Inputs map[string]json.RawMessage }
	if err := json.Unmarshal([]byte(built.Metafile), &meta); err != nil {
		return nil, fmt.Errorf("what is in a bundle: %w", err)
	}
	modules := make(map[string]bool, len(meta.Inputs))
	for name := range meta.Inputs {
		modules[strings.TrimPrefix(name, embedded+":")] = true
	}
	return modules, nil
}

// readEmbedded makes the bundler read the embedded assets, and nothing of the disk. What
// the page has is left there.
func readEmbedded(build api.PluginBuild, page bundled) {
	const every = ".*"
	build.OnResolve(api.OnResolveOptions{Filter: every}, func(a api.OnResolveArgs) (api.OnResolveResult, error) {
		found := path.Join(path.Dir(a.Importer), a.Path)
		if page.modules[found] {
			return api.OnResolveResult{Path: "../" + page.entry, External: true}, nil
		}
		return api.OnResolveResult{Path: found, Namespace: embedded}, nil
	})
	build.OnLoad(api.OnLoadOptions{Filter: every, Namespace: embedded}, func(a api.OnLoadArgs) (api.OnLoadResult, error) {
		content, err := files.ReadFile("assets/" + a.Path)
		if err != nil {
			return api.OnLoadResult{}, err
		}
		text := string(content)
		return api.OnLoadResult{Contents: &text, Loader: api.LoaderJS}, nil
	})
}
