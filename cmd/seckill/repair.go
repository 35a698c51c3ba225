package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/seckill-go/seckill/seckill"
)

// repair makes one sale conserved again, or tells what that would take.
func (a auditCLI) repair(ctx context.Context, args []string, dryRun bool) error {
	sales, err := a.sales(ctx, args)
	if err != nil {
		return err
	}
	var r seckill.Repair
	_, err = a.client.call(ctx, "POST", "/api/v1/admin/sales/"+sales[0].ID.String()+"/repair", map[string]bool{"dry_run": dryRun}, &r)
	var p *problem
	switch {
	case errors.As(err, &p) && p.Status == http.StatusConflict && p.State != "moving":
		return errNo{fmt.Errorf("not repaired: %w", err)}
	case err != nil:
		return couldNotTell(err)
	}
	if err := a.printRepair(r); err != nil {
		return err
	}
	switch {
	case r.Done || len(r.Items) == 0 && r.Refusal == "":
		return nil
	case r.Refusal != "":
		return errNo{fmt.Errorf("%w; it cannot be repaired now: %s", errDrift, r.Refusal)}
	default:
		return errNo{fmt.Errorf("%w; nothing was changed: --yes does it", errDrift)}
	}
}

func (a auditCLI) printRepair(r seckill.Repair) error {
	if a.json {
		return json.NewEncoder(a.out).Encode(r)
	}
	if len(r.Items) > 0 {
		rows := table{right: true}
		rows.row("SALE", "SKU", "DRIFT", "AVAILABLE", "TO BE")
		for _, it := range r.Items {
			rows.row(r.SaleID, it.SKU, it.Drift, it.Available, it.Target)
		}
		rows.print(a.out)
	}
	switch {
	case r.Done:
		fmt.Fprintln(a.out, "repaired")
	case len(r.Items) == 0 && r.Refusal == "":
		fmt.Fprintln(a.out, "conserved: there is nothing to repair")
	}
	return nil
}
