package ui

import (
	"fmt"
	"path"

	"github.com/evanw/esbuild/pkg/api"
)

// A page's modules go out as one: forty files would take a browser that speaks
// HTTP/1.1, six at a time, seven round trips, and cost half as many bytes again.
// They are put together when the program starts, from what is embedded, so that
// there is no build step.

// bundle gives a module and all that it imports as one, without what only readers
// of the sources need.
func bundle(entry string) ([]byte, error) {
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
		Plugins:           []api.Plugin{{Name: "embedded", Setup: readEmbedded}},
	})
	if len(built.Errors) > 0 {
		e := built.Errors[0]
		if e.Location != nil {
			return nil, fmt.Errorf("%s:%d: %s", e.Location.File, e.Location.Line, e.Text)
		}
		return nil, fmt.Errorf("%s: %s", entry, e.Text)
	}
	return built.OutputFiles[0].Contents, nil
}

// readEmbedded makes the bundler read the embedded assets, and nothing of the disk.
func readEmbedded(build api.PluginBuild) {
	const every, embedded = ".*", "embedded"
	build.OnResolve(api.OnResolveOptions{Filter: every}, func(a api.OnResolveArgs) (api.OnResolveResult, error) {
		return api.OnResolveResult{Path: path.Join(path.Dir(a.Importer), a.Path), Namespace: embedded}, nil
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
