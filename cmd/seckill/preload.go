package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/seckill-go/seckill/internal/salefile"
	"github.com/seckill-go/seckill/seckill"
)

func preloadCommand(f *configFlags) *cobra.Command {
	var admin adminFlags
	var dryRun, past bool
	cmd := &cobra.Command{
		Use:   "preload FILE",
		Short: "Create and load the sales of a YAML, JSON or CSV file",
		Long: "Create the sales of a file and load their stock into Redis, through a running server.\n" +
			"Every row is checked before the first is sent: one bad row loads nothing.\n" +
			"The same file again changes nothing, so a run that broke off is simply repeated.",
		RunE: func(cmd *cobra.Command, args []string) error {
			sales, err := readSaleFile(args[0])
			if err != nil {
				return err
			}
			p := preloader{out: cmd.OutOrStdout(), progress: cmd.ErrOrStderr(), now: time.Now}
			if !dryRun {
				if p.client, err = admin.client(cmd, f); err != nil {
					return err
				}
			}
			if !past {
				if err := p.refuseOver(cmd.Context(), args[0], sales); err != nil {
					return err
				}
			}
			p.tell(sales)
			if dryRun {
				fmt.Fprintln(p.out, "nothing was loaded: it is a dry run")
				return nil
			}
			return p.run(cmd.Context(), sales)
		},
	}
	admin.register(cmd)
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "check the file and show what is in it; load nothing, ask no server")
	cmd.Flags().BoolVar(&past, "past", false, "load sales too that are over already")
	return cmd
}

func readSaleFile(name string) ([]salefile.Sale, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	sales, err := salefile.Read(name, file)
	if err != nil {
		return nil, nothingLoaded(name, err)
	}
	return sales, nil
}

func nothingLoaded(file string, err error) error {
	return errNo{fmt.Errorf("%s: nothing was loaded:\n%w", file, err)}
}

// preloader creates and loads sales over the operators' API. Each sale is known
// by its key, so whatever was done before is found done.
type preloader struct {
	client   *adminClient // nil in a dry run
	out      io.Writer
	progress io.Writer
	now      func() time.Time
}

// adminSale is a sale as the operators' API shows and takes it.
type adminSale struct {
	ID          seckill.ID     `json:"id,omitempty"`
	Key         string         `json:"key,omitempty"`
	Name        string         `json:"name"`
	State       string         `json:"state,omitempty"`
	StartsAt    time.Time      `json:"starts_at"`
	EndsAt      time.Time      `json:"ends_at"`
	HoldSeconds int64          `json:"hold_seconds"`
	Items       []seckill.Item `json:"items"`
}

// refuseOver refuses sales that nobody could buy from any more, but for those that
// are there already.
func (p *preloader) refuseOver(ctx context.Context, file string, sales []salefile.Sale) error {
	var over []error
	for _, s := range sales {
		err := s.Over(p.now(), "mend its times, or load it with --past")
		if err != nil && p.client != nil {
			there, unable := p.find(ctx, s.Key)
			if unable != nil {
				return unable
			}
			if there != nil {
				continue
			}
		}
		over = append(over, err)
	}
	if err := errors.Join(over...); err != nil {
		return nothingLoaded(file, err)
	}
	return nil
}

func (p *preloader) run(ctx context.Context, sales []salefile.Sale) error {
	items := 0
	for _, s := range sales {
		items += len(s.Items)
	}
	created, loaded, err := p.all(ctx, sales, newBar(p.progress, int64(items), "items"))
	if err != nil {
		return err
	}
	fmt.Fprintf(p.out, "%d sales with %d items: %d created, %d loaded, %d as they were\n",
		len(sales), items, created, loaded, len(sales)-loaded)
	return nil
}

func (p *preloader) all(ctx context.Context, sales []salefile.Sale, bar bar) (created, loaded int, err error) {
	defer bar.end()
	done := 0
	for _, s := range sales {
		id, isNew, isLoaded, err := p.one(ctx, s)
		if err != nil && done == 0 {
			return created, loaded, fmt.Errorf("sale %q: %w", s.Key, err)
		}
		if err != nil {
			return created, loaded, fmt.Errorf("sale %q: %w\nwhat came before it is loaded: run the same file again after mending", s.Key, err)
		}
		fmt.Fprintf(p.out, "%s: sale %s\n", s.Key, id)
		if isNew {
			created++
		}
		if isLoaded {
			loaded++
		}
		done += len(s.Items)
		bar.set(int64(done), fmt.Sprintf("%d of %d items", done, bar.GetMax64()))
	}
	return created, loaded, nil
}

// one creates and loads one sale; each step finds it done if it was.
func (p *preloader) one(ctx context.Context, s salefile.Sale) (id seckill.ID, isNew, isLoaded bool, err error) {
	sale := s.At(p.now())
	if s.Relative() {
		// Its times were counted when it was created; the file has no others.
		existing, err := p.find(ctx, s.Key)
		if err != nil {
			return 0, false, false, err
		}
		if existing != nil {
			sale.StartsAt, sale.EndsAt = existing.StartsAt, existing.EndsAt
		}
	}
	var known adminSale
	status, err := p.client.call(ctx, "POST", "/api/v1/admin/sales", adminSale{
		Key: sale.Key, Name: sale.Name, StartsAt: sale.StartsAt, EndsAt: sale.EndsAt,
		HoldSeconds: int64(sale.Hold / time.Second), Items: sale.Items,
	}, &known)
	if err != nil {
		return 0, false, false, p.explain(ctx, sale, err)
	}
	if known.State == string(seckill.SaleClosed) {
		return known.ID, false, false, nil // it was loaded, and is over
	}
	if _, err := p.client.call(ctx, "POST", "/api/v1/admin/sales/"+known.ID.String()+"/preload", nil, nil); err != nil {
		return known.ID, false, false, err
	}
	return known.ID, status == 201, known.State == string(seckill.SaleDraft), nil
}

// explain tells what stands against a sale whose key has other content.
func (p *preloader) explain(ctx context.Context, sale seckill.Sale, err error) error {
	var answer *problem
	if !errors.As(err, &answer) || answer.Status != http.StatusConflict {
		return err
	}
	there, unable := p.find(ctx, sale.Key)
	if unable != nil || there == nil {
		return err
	}
	here := seckill.Sale{Name: there.Name, StartsAt: there.StartsAt, EndsAt: there.EndsAt,
		Hold: time.Duration(there.HoldSeconds) * time.Second, Items: there.Items}
	return errNo{fmt.Errorf("its key stands for a sale with other content: %s", seckill.DifferencesIn("the file", here.Differences(&sale)))}
}

// find looks a sale up by its key; nil means that there is none.
func (p *preloader) find(ctx context.Context, key string) (*adminSale, error) {
	var page struct {
		Sales []adminSale `json:"sales"`
	}
	if _, err := p.client.call(ctx, "GET", "/api/v1/admin/sales?key="+url.QueryEscape(key), nil, &page); err != nil {
		return nil, err
	}
	if len(page.Sales) == 0 {
		return nil, nil
	}
	return &page.Sales[0], nil
}
