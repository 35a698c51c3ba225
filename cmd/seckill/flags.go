package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/seckill-go/seckill/internal/config"
)

// configFlags are the flags that every command has: the configuration's file,
// and one for each key.
type configFlags struct{ path string }

func (f *configFlags) register(root *cobra.Command) {
	root.PersistentFlags().StringVar(&f.path, "config", "", "configuration file (YAML); configs/seckill.yaml lists every key")
	config.AddFlags(root.PersistentFlags())
}

// load reads the configuration as a role needs it.
func (f *configFlags) load(cmd *cobra.Command, role config.Role) (config.Config, config.Sources, error) {
	return config.Load(config.Input{File: f.path, Environ: os.Environ(), Flags: cmd.Flags(), Role: role})
}

// adminFlags say how a command reaches the operators' API of a running server.
type adminFlags struct{ url, token string }

func (a *adminFlags) register(cmd *cobra.Command) {
	cmd.Flags().StringVar(&a.url, "url", "", "address of the server (default: http.public_url, else http.addr, of the configuration)")
	cmd.Flags().StringVar(&a.token, "token", "", "admin token; better given as SECKILL_ADMIN_TOKEN, since others see a command line (default: admin.token of the configuration)")
}

func (a *adminFlags) client(cmd *cobra.Command, f *configFlags) (*adminClient, error) {
	url, token := a.url, a.token
	if url == "" || token == "" {
		cfg, _, err := f.load(cmd, config.RoleAdmin)
		if err != nil {
			return nil, fmt.Errorf("%w\n(--url and --token need no configuration)", err)
		}
		if url == "" {
			url = cfg.PublicURL(cfg.HTTP.Addr)
		}
		if token == "" {
			token = string(cfg.Admin.Token)
		}
	}
	return newAdminClient(url, token)
}
