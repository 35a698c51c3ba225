package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/seckill-go/seckill/internal/suggest"
)

// flagError says what is wrong with a flag in words of its kind.
func flagError(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var value *pflag.InvalidValueError
	switch {
	case errors.As(err, &unknown):
		dashes := "--"
		if unknown.GetSpecifiedShortnames() != "" {
			dashes = "-"
		}
		name := unknown.GetSpecifiedName()
		return fmt.Errorf("%s%s is not a flag of %s%s (%s --help lists them)",
			dashes, name, cmd.CommandPath(), suggest.DidYouMeanWith("--", name, flagNames(cmd)), cmd.CommandPath())
	case errors.As(err, &value):
		return fmt.Errorf("--%s: %q is not %s", value.GetFlag().Name, value.GetValue(), kindOf(value.GetFlag()))
	}
	return err
}

func flagNames(cmd *cobra.Command) (names []string) {
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	return names
}

// kindOf says what a flag takes.
func kindOf(f *pflag.Flag) string {
	switch f.Value.Type() {
	case "int", "int64":
		return "a whole number"
	case "float64":
		return "a number"
	case "duration":
		return "a duration with a unit, such as 200ms, 5s or 10m"
	case "bool":
		return "true or false"
	default:
		return "a " + f.Value.Type()
	}
}
