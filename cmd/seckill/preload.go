package main

import (
	"context"
	"errors"
	"fmt"
	"io"
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
			"Every row and key is checked before the first is loaded: one bad row, or one key\n" +
			"that stands for a sale with other content, loads nothing.\n" +
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
			p.tell(sales)
			p.warnOfPictures(sales)
			if err := p.check(cmd.Context(), sales, past); err != nil {
				return nothingLoaded(args[0], err)
			}
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
	ID          seckill.ID `json:"id,omitempty"`
	Key         string     `json:"key,omitempty"`
	Name        string     `json:"name"`
	State       string     `json:"state,omitempty"`
	StartsAt    time.Time  `json:"starts_at,omitzero"`
	EndsAt      time.Time  `json:"ends_at,omitzero"`
	StartsIn    string     `json:"starts_in,omitempty"` // of a file alone, as Lasts
	Lasts       string     `json:"lasts,omitempty"`
	HoldSeconds int64      `json:"hold_seconds"`
	// Entry is left out where it is open, so that a server which knows no other takes it.
	Entry        seckill.Entry  `json:"entry,omitempty"`
	EntriesUntil time.Time      `json:"entries_until,omitzero"`
	Items        []seckill.Item `json:"items"`
}

// plannedSale is what the server would do, or did, with a sale of a file.
type plannedSale struct {
	Action      string               `json:"action"`
	Sale        adminSale            `json:"sale"`
	Differences []seckill.Difference `json:"differences"`
}

const (
	planCreate   = "create"
	planConflict = "conflict"
)

// check refuses a file of which a sale cannot be loaded, before the first one is:
// one whose key has other content, or that nobody could buy from any more and that
// is not there already.
func (p *preloader) check(ctx context.Context, sales []salefile.Sale, past bool) error {
	var wrong []error
	for _, s := range sales {
		plan := plannedSale{Action: planCreate}
		if p.client != nil {
			var err error
			if plan, err = p.plan(ctx, s, false); err != nil {
				return fmt.Errorf("sale %q: %w", s.Key, err)
			}
		}
		switch {
		case plan.Action == planConflict:
			wrong = append(wrong, fmt.Errorf("sale %q: its key stands for a sale with other content: %s",
				s.Key, seckill.DifferencesIn("the file", plan.Differences)))
		case plan.Action == planCreate && !past:
			if err := s.Over(p.now(), "mend its times, or load it with --past"); err != nil {
				wrong = append(wrong, err)
			}
		}
	}
	return errors.Join(wrong...)
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
	fmt.Fprintf(p.out, "%s with %s: %d created, %d loaded, %d as they were\n",
		counted(len(sales), "sale"), counted(items, "item"), created, loaded, len(sales)-loaded)
	return nil
}

func (p *preloader) all(ctx context.Context, sales []salefile.Sale, bar bar) (created, loaded int, err error) {
	defer bar.end()
	done := 0
	for _, s := range sales {
		did, err := p.one(ctx, s)
		if err != nil && done == 0 {
			return created, loaded, fmt.Errorf("sale %q: %w", s.Key, err)
		}
		if err != nil {
			return created, loaded, fmt.Errorf("sale %q: %w\nwhat came before it is loaded: run the same file again after mending", s.Key, err)
		}
		fmt.Fprintf(p.out, "%s: sale %s\n", s.Key, did.Sale.ID)
		if did.Action == planCreate {
			created++
		}
		if did.Sale.State == string(seckill.SaleDraft) {
			loaded++
		}
		done += len(s.Items)
		bar.set(int64(done), fmt.Sprintf("%d of %d items", done, bar.GetMax64()))
	}
	return created, loaded, nil
}

// one creates and loads one sale, as it was before that; each step finds it done if
// it was.
func (p *preloader) one(ctx context.Context, s salefile.Sale) (plannedSale, error) {
	did, err := p.plan(ctx, s, true)
	if err != nil || did.Sale.State == string(seckill.SaleClosed) { // it was loaded, and is over
		return did, err
	}
	_, err = p.client.call(ctx, "POST", "/api/v1/admin/sales/"+did.Sale.ID.String()+"/preload", nil, nil)
	return did, err
}

// plan asks what the server would do with one sale, or has it done. A sale goes
// alone: a whole file is larger than a request may be. Its relative times go as
// they are written, since they count by the server's clock.
func (p *preloader) plan(ctx context.Context, s salefile.Sale, apply bool) (plannedSale, error) {
	var file struct {
		Sales []adminSale `json:"sales"`
	}
	sale := adminSale{Key: s.Key, Name: s.Name, HoldSeconds: int64(s.Hold / time.Second), Entry: s.Entry, EntriesUntil: s.EntriesUntil, Items: s.Items}
	if s.Relative() {
		sale.StartsIn, sale.Lasts = s.StartsIn.String(), s.Lasts.String()
	} else {
		sale.StartsAt, sale.EndsAt = s.StartsAt, s.EndsAt
	}
	file.Sales = []adminSale{sale}
	var answer struct {
		Sales []plannedSale `json:"sales"`
	}
	path := fmt.Sprintf("/api/v1/admin/sales/import?apply=%t&past=true", apply)
	if _, err := p.client.call(ctx, "POST", path, file, &answer); err != nil {
		return plannedSale{}, err
	}
	if len(answer.Sales) != 1 {
		return plannedSale{}, p.client.notUnderstood()
	}
	return answer.Sales[0], nil
}
