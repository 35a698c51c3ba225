package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/seckill-go/seckill/internal/config"
	"github.com/seckill-go/seckill/internal/load"
	"github.com/seckill-go/seckill/seckill"
)

func tokenCommand(f *configFlags) *cobra.Command {
	var lasts time.Duration
	cmd := &cobra.Command{
		Use:   "token BUYER",
		Short: "Print a signed buyer token, for scripts and trials",
		RunE: func(cmd *cobra.Command, args []string) error {
			if seckill.ValidateBuyer(args[0]) != nil {
				return fmt.Errorf("token needs a BUYER of 1 to %d printable characters, not %.80q", seckill.MaxBuyerRunes, args[0])
			}
			if lasts <= 0 {
				return errors.New("--lasts: must be more than 0s")
			}
			cfg, _, err := f.load(cmd, config.RoleToken)
			if err != nil {
				return err
			}
			if lasts > cfg.Auth.MaxTokenLife {
				return fmt.Errorf("--lasts: must be at most %v, which is auth.max_token_life; the server refuses longer ones", cfg.Auth.MaxTokenLife)
			}
			token, err := signing(cfg.Auth, lasts).Token(args[0])
			if err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), token)
			return nil
		},
	}
	cmd.Flags().DurationVar(&lasts, "lasts", time.Hour, "how long the token is valid")
	return cmd
}

// signing makes tokens that a service of this configuration takes.
func signing(auth config.Auth, lasts time.Duration) load.Signing {
	return load.Signing{Secret: string(auth.HS256Secret), Issuer: auth.Issuer, Audience: auth.Audience, Lasts: lasts}
}
