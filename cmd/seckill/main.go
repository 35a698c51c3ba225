// Command seckill is a flash-sale service in one binary: its web and worker
// processes, and the tools of the people who run them.
//
// Each command has a file of its name. Begin with process.go, which starts a process,
// stores.go, which opens Redis, SQL and the broker, and web.go and worker.go.
package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
)

func main() { os.Exit(run(context.Background(), os.Args[1:])) }

func run(ctx context.Context, args []string) int {
	err := runCommand(ctx, args, os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "seckill:", err)
	}
	return exitCode(err)
}

// runCommand runs a command, which has failed where its words could not be written: on a
// full disk nobody has its answer, be it yes or no.
func runCommand(ctx context.Context, args []string, stdout io.Writer) error {
	out := &answer{to: stdout}
	root := rootCommand()
	root.SetArgs(args)
	root.SetOut(out)
	err := root.ExecuteContext(ctx)
	if lost := out.lost.Load(); lost != nil {
		return couldNotWrite(*lost, err)
	}
	return err
}

func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:           "seckill",
		Short:         "A flash-sale service: admits as many buyers as there are units, and loses none of them",
		SilenceUsage:  true,
		SilenceErrors: true,
		Version:       thisBuild().String(),
	}
	root.SetVersionTemplate("{{.Version}}\n")
	f := &configFlags{}
	f.register(root)
	root.AddCommand(
		serveCommand(f), webCommand(f), workerCommand(f),
		preloadCommand(f), auditCommand(f), drawCommand(), stockCommand(f), deadLettersCommand(f), refundsCommand(f),
		migrateCommand(f), checkConfigCommand(f), tokenCommand(f), benchCommand(f), versionCommand(),
	)
	root.SetHelpCommand(helpCommand())
	strict(root)
	return root
}
