package operator

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/seckill-go/seckill/internal/salefile"
	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/web"
)

// importFiles names a file by the type of a body, as salefile knows it.
var importFiles = map[string]string{"text/csv": "import.csv", "application/yaml": "import.yaml", "application/json": "import.json"}

// What an import does, or would do, with a sale of the file.
const (
	importCreate    = "create"
	importUnchanged = "unchanged"
	importConflict  = "conflict"
)

type importedSale struct {
	Action string         `json:"action"`
	Sale   importSaleBody `json:"sale"` // of the file, or the one that is there unchanged
	// Existing is what stands against it, where the key has other content, with what
	// it says otherwise than the file.
	Existing    *importSaleBody      `json:"existing,omitempty"`
	Differences []seckill.Difference `json:"differences,omitempty"`
}

// importSaleBody is a sale that need not exist; then it has no id and no state.
type importSaleBody struct {
	ID          *seckill.ID       `json:"id,omitempty"`
	Key         string            `json:"key"`
	Name        string            `json:"name"`
	State       seckill.SaleState `json:"state,omitempty"`
	StartsAt    string            `json:"starts_at"`
	EndsAt      string            `json:"ends_at"`
	HoldSeconds int64             `json:"hold_seconds"`
	// Entry is how buyers get in; of a draw, EntriesUntil is the last moment to enter.
	Entry        string         `json:"entry"`
	EntriesUntil string         `json:"entries_until,omitempty"`
	Items        []seckill.Item `json:"items"`
}

func importBodyOf(s seckill.Sale) importSaleBody {
	b := importSaleBody{Key: s.Key, Name: s.Name, StartsAt: web.FormatTime(s.StartsAt), EndsAt: web.FormatTime(s.EndsAt),
		HoldSeconds: int64(s.Hold / time.Second), Entry: s.Entry.String(), Items: s.Items}
	if s.Entry == seckill.EntryDraw {
		b.EntriesUntil = web.FormatTime(s.EntriesEnd())
	}
	if s.ID != 0 {
		b.ID, b.State = &s.ID, s.State
	}
	return b
}

// importSales tells what a file of sales would do, and with ?apply=true does it:
// it creates drafts. Nothing is created when one row is wrong or one key is taken by
// other content. The same file again changes nothing. A new sale that is over already
// is wrong unless ?past=true.
func (s *API) importSales(c *gin.Context) {
	apply, ok := s.switchedOn(c, "apply")
	if !ok {
		return
	}
	past, ok := s.switchedOn(c, "past")
	if !ok {
		return
	}
	name, known := importFiles[mediaType(c)]
	if !known {
		s.Fail(c, seckill.Invalid("Content-Type", "must be text/csv, application/yaml or application/json"))
		return
	}
	body, ok := s.ReadBody(c)
	if !ok {
		return
	}
	file, err := salefile.Read(name, bytes.NewReader(body))
	if err != nil {
		s.Fail(c, fileError(err))
		return
	}
	plan, err := s.planImport(c.Request.Context(), file, past)
	if err == nil && apply {
		err = s.applyImport(acting(c), plan)
	}
	if err != nil {
		s.Fail(c, err)
		return
	}
	web.WriteJSON(c, http.StatusOK, struct {
		Applied bool           `json:"applied"`
		Sales   []importedSale `json:"sales"`
	}{apply, plan.told()})
}

// switchedOn reads a parameter that is true or false, and false where it is not there.
func (s *API) switchedOn(c *gin.Context, name string) (on, ok bool) {
	switch c.Query(name) {
	case "true":
		return true, true
	case "", "false":
		return false, true
	}
	s.Fail(c, seckill.Invalid(name, "must be true or false"))
	return false, false
}

// mediaType is the type of a body; empty where it cannot be told.
func mediaType(c *gin.Context) string {
	kind, _, err := mime.ParseMediaType(c.GetHeader("Content-Type"))
	if err != nil {
		return ""
	}
	return kind
}

// fileError names the rows of a file that are wrong as fields are named elsewhere.
func fileError(err error) *seckill.Error {
	var rows []seckill.FieldError
	var gather func(error)
	gather = func(err error) {
		var row *salefile.RowError
		joined, many := err.(interface{ Unwrap() []error })
		switch {
		case many:
			for _, one := range joined.Unwrap() {
				gather(one)
			}
		case errors.As(err, &row):
			rows = append(rows, seckill.FieldError{Field: row.Where, Reason: row.Reason})
		default:
			rows = append(rows, seckill.FieldError{Field: "file", Reason: err.Error()})
		}
	}
	gather(err)
	return &seckill.Error{Code: seckill.CodeInvalidRequest, Fields: rows, Detail: "The file has errors, so nothing of it is taken."}
}

// importPlan is what is to be done with each sale of a file.
type importPlan []plannedSale

type plannedSale struct {
	action   string
	sale     seckill.Sale
	existing seckill.Sale
}

func (s *API) planImport(ctx context.Context, file []salefile.Sale, past bool) (importPlan, error) {
	now := s.clock.Now(ctx)
	plan := make(importPlan, len(file))
	var over []error
	for i, f := range file {
		sale := f.At(now)
		found, err := s.cfg.Ledger.FindDraft(ctx, sale)
		if err != nil {
			return nil, err
		}
		plan[i] = plannedSale{action: importCreate, sale: sale, existing: found.Sale}
		if found.Found {
			plan[i].action = importConflict
			if found.Same {
				plan[i].action = importUnchanged
			}
		} else if !past {
			over = append(over, f.Over(now, "mend its times, or say that past sales are meant (past=true)"))
		}
	}
	if err := errors.Join(over...); err != nil {
		return nil, fileError(err)
	}
	return plan, nil
}

// applyImport creates what is new. A key that was taken meanwhile stops it there;
// what was created before is found unchanged by another try.
func (s *API) applyImport(ctx context.Context, plan importPlan) error {
	var against []string
	var state seckill.SaleState
	for _, p := range plan {
		if p.action == importConflict {
			state = p.existing.State
			against = append(against, fmt.Sprintf("sale %q: its key stands for a sale with other content: %s",
				p.sale.Key, seckill.DifferencesIn("the file", p.existing.Differences(&p.sale))))
		}
	}
	if len(against) > 0 {
		return &seckill.Error{Code: seckill.CodeConflict, State: string(state),
			Detail: "Nothing of the file is taken: " + strings.Join(against, "; ")}
	}
	for i, p := range plan {
		if p.action != importCreate {
			continue
		}
		sale := p.sale
		var err error
		if sale.ID, err = s.NewSaleID(); err != nil {
			return err
		}
		sale.State, sale.CreatedAt = seckill.SaleDraft, s.cfg.Clock().UTC()
		if plan[i].sale, _, err = s.cfg.Ledger.CreateSale(ctx, sale); err != nil {
			return err
		}
	}
	return nil
}

func (p importPlan) told() []importedSale {
	list := make([]importedSale, len(p))
	for i, one := range p {
		list[i] = importedSale{Action: one.action, Sale: importBodyOf(one.sale)}
		switch one.action {
		case importUnchanged:
			list[i].Sale = importBodyOf(one.existing)
		case importConflict:
			existing := importBodyOf(one.existing)
			list[i].Existing, list[i].Differences = &existing, one.existing.Differences(&one.sale)
		}
	}
	return list
}
