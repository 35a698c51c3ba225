package main

import (
	"cmp"
	"fmt"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// build is what the program knows of its own making. What was not stamped in, as by
// `go run`, is empty.
type build struct {
	Version  string // of the module
	Revision string // the commit
	Time     string // of the commit, RFC 3339
	Modified bool   // the tree had changes that no commit has
	Go       string
}

func thisBuild() build {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return build{}
	}
	b := build{Version: info.Main.Version, Go: info.GoVersion}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Revision = s.Value
		case "vcs.time":
			b.Time = s.Value
		case "vcs.modified":
			b.Modified = s.Value == "true"
		}
	}
	return b
}

func (b build) String() string {
	if b.Revision == "" {
		return fmt.Sprintf("seckill %s, commit unknown: built without version control, as `go run` does (%s)",
			cmp.Or(b.Version, "of unknown version"), b.Go)
	}
	changed := ""
	if b.Modified {
		changed = " with changes"
	}
	return fmt.Sprintf("seckill %s, commit %s%s of %s (%s)", b.Version, b.Short(), changed, b.Time, b.Go)
}

// Short is the commit in a dozen digits; the module's version where it is unknown.
func (b build) Short() string {
	if b.Revision == "" {
		return cmp.Or(b.Version, "unknown")
	}
	return b.Revision[:min(12, len(b.Revision))]
}

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version, with commit and date",
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(cmd.OutOrStdout(), thisBuild())
			return err
		},
	}
}
