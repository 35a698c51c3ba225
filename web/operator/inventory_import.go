package operator

import (
	"bytes"
	"errors"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/seckill-go/seckill/internal/salefile"
	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/inventory"
	"github.com/seckill-go/seckill/web"
)

// stockImportBody is what a file of the stock would do, or did.
type stockImportBody struct {
	Applied bool `json:"applied"`
	// Repeated says that the key was applied before, at At, and nothing changed now.
	Repeated bool           `json:"repeated"`
	At       string         `json:"at,omitempty"`
	Rows     []stockRowBody `json:"rows"`
}

type stockRowBody struct {
	Row    int    `json:"row"` // of the file
	Goods  string `json:"goods"`
	Before int64  `json:"before"`
	After  int64  `json:"after"`
	New    bool   `json:"new"`
	Wrong  string `json:"wrong,omitempty"`
}

// importStock tells what a file of the shop's stock would do, and with ?apply=true does
// it: all of its rows or none, and once for each key.
func (s *API) importStock(c *gin.Context) {
	apply, ok := s.switchedOn(c, "apply")
	if !ok || !s.hasStock(c) {
		return
	}
	im := inventory.Import{Actor: actorOf(c)}
	if apply {
		if im.Key, im.Reason, ok = s.keyAndReason(c); !ok {
			return
		}
	}
	if mediaType(c) != "text/csv" {
		s.Fail(c, seckill.Invalid("Content-Type", "must be text/csv"))
		return
	}
	body, ok := s.ReadBody(c)
	if !ok {
		return
	}
	file, err := salefile.ReadStock(importFiles["text/csv"], bytes.NewReader(body))
	if err != nil {
		s.Fail(c, fileError(err))
		return
	}
	for _, r := range file {
		im.Rows = append(im.Rows, inventory.ImportRow{Goods: r.Goods, To: r.To, By: r.By, Reason: r.Reason})
	}
	if apply {
		s.applyStock(c, im, file)
		return
	}
	rows, err := s.cfg.Stock.PreviewImport(c.Request.Context(), im)
	if err != nil {
		s.Fail(c, err)
		return
	}
	web.WriteJSON(c, http.StatusOK, stockImportBody{Rows: stockRowBodies(rows, file)})
}

// keyAndReason reads what an import has to bring that is applied.
func (s *API) keyAndReason(c *gin.Context) (key, reason string, ok bool) {
	if key, ok = s.IdempotencyKey(c); !ok {
		return "", "", false
	}
	if key == "" {
		s.Fail(c, seckill.Invalid("Idempotency-Key", "is required; under the same key an import counts once"))
		return "", "", false
	}
	reason = strings.TrimSpace(c.Query("reason"))
	if why := seckill.WrongText(reason, 1, seckill.MaxReasonRunes); why != "" {
		s.Fail(c, seckill.Invalid("reason", "%s", why))
		return "", "", false
	}
	return key, reason, true
}

func (s *API) applyStock(c *gin.Context, im inventory.Import, file []salefile.StockRow) {
	done, err := s.cfg.Stock.Import(c.Request.Context(), im)
	var refused *inventory.RefusedError
	switch {
	case errors.As(err, &refused):
		s.Fail(c, refusedRows(refused, file))
		return
	case errors.Is(err, seckill.ErrKeyReused):
		s.FailStatus(c, http.StatusUnprocessableEntity, err)
		return
	case err != nil:
		s.Fail(c, err)
		return
	}
	if !done.Repeated {
		s.cfg.Logger.InfoContext(c.Request.Context(), "an operator imported stock", "rows", len(im.Rows), "key", im.Key, "actor", im.Actor)
	}
	web.WriteJSON(c, http.StatusOK, stockImportBody{Applied: true, Repeated: done.Repeated, At: web.FormatTime(done.At), Rows: stockRowBodies(done.Rows, file)})
}

// refusedRows names the rows of a file that the stock cannot take as it is now.
func refusedRows(refused *inventory.RefusedError, file []salefile.StockRow) error {
	var all []error
	for _, r := range refused.Rows {
		all = append(all, file[r.Row].Wrong(r.Why))
	}
	err := fileError(errors.Join(all...))
	err.Code, err.Detail = seckill.CodeConflict, "The stock cannot be so, so nothing of the file is taken."
	return err
}

func stockRowBodies(rows []inventory.ImportedRow, file []salefile.StockRow) []stockRowBody {
	bodies := make([]stockRowBody, len(rows))
	for n, r := range rows {
		bodies[n] = stockRowBody{Row: file[n].Row(), Goods: r.Goods, Before: r.Before, After: r.After, New: r.New, Wrong: r.Wrong}
	}
	return bodies
}
