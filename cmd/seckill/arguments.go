package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/seckill-go/seckill/internal/suggest"
)

// strict makes a command and those below it complain in one line: about arguments by
// what the command's usage line says (NAME is required, [NAME] may be left out, and
// [NAME...] may be several), about unknown commands and flags with what may be meant.
func strict(cmd *cobra.Command) {
	cmd.SetFlagErrorFunc(flagError)
	if cmd.HasSubCommands() {
		cmd.Args = cobra.ArbitraryArgs
		cmd.RunE = orOneOfItsCommands(cmd.RunE)
	} else {
		cmd.Args = arguments
	}
	for _, sub := range cmd.Commands() {
		strict(sub)
	}
}

// orOneOfItsCommands is what a command does that has others below it: its own, if it has
// any, as long as no word follows.
func orOneOfItsCommands(own func(*cobra.Command, []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		if own != nil && len(args) == 0 {
			return own(cmd, args)
		}
		return namesNoCommand(cmd, args)
	}
}

// namesNoCommand answers for a command that is a group of others.
func namesNoCommand(cmd *cobra.Command, args []string) error {
	var names []string
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() {
			names = append(names, sub.Name())
		}
	}
	switch {
	case len(args) > 0:
		return fmt.Errorf("%q is not a command of %s%s (%s --help lists them)",
			args[0], cmd.CommandPath(), suggest.DidYouMean(args[0], names), cmd.CommandPath())
	case cmd.HasParent():
		return fmt.Errorf("%s needs a command: %s", cmd.CommandPath(), strings.Join(names, ", "))
	default:
		return cmd.Help()
	}
}

func arguments(cmd *cobra.Command, args []string) error {
	var required, all []string
	many := false
	for _, word := range strings.Fields(cmd.Use)[1:] {
		name, optional := strings.CutPrefix(word, "[")
		name = strings.TrimSuffix(name, "]")
		many = many || strings.HasSuffix(name, "...")
		all = append(all, name)
		if !optional {
			required = append(required, name)
		}
	}
	switch {
	case len(args) < len(required):
		return fmt.Errorf("%s needs %s: %s", cmd.Name(), withArticle(required[len(args)]), cmd.UseLine())
	case len(all) == 0 && len(args) > 0:
		return fmt.Errorf("%s takes no arguments, not %q", cmd.Name(), args[0])
	case len(args) > len(all) && !many:
		return fmt.Errorf("%s takes one %s, and %q is one too many", cmd.Name(), all[len(all)-1], args[len(all)])
	}
	return nil
}

func withArticle(noun string) string {
	if strings.ContainsRune("AEIOU", rune(noun[0])) {
		return "an " + noun
	}
	return "a " + noun
}
