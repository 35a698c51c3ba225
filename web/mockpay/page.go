package mockpay

import (
	"bytes"
	"context"
	"embed"
	"html/template"
	"net/http"

	"github.com/seckill-go/seckill/seckill"
)

//go:embed pages
var files embed.FS

var (
	templates = template.Must(template.ParseFS(files, "pages/*.html"))
	// assets are what the pages load, with their types.
	assets = map[string]string{"pay.css": "text/css; charset=utf-8", "pay.js": "text/javascript; charset=utf-8"}
)

// view is what the pages show.
type view struct {
	T          map[string]string // the words of the reader's language
	Language   string
	Trials     []string // buttons to try things out
	Payment    seckill.Payment
	Order      seckill.Order
	Lines      []line
	Amount     string
	Left       int64 // ms to pay
	OrderPath  string
	Done       bool // nothing is left to be paid
	Payable    bool
	CanRefund  bool
	Action     action
	Deliveries []delivery
	Title      string
	Detail     string
}

// line is one item of the order, with the words and the price that the shop has.
type line struct {
	Title    string
	Quantity int64
	Amount   string
}

func (h *Handler) newView(ctx context.Context, f found) view {
	p, o := f.payment, f.order
	v := view{Payment: p, Order: o, Amount: price(seckill.Money(p.Amount, p.Currency)), OrderPath: orderPath(o.ID), Trials: trials,
		Done: f.done(), CanRefund: p.Status == refundDue}
	v.Payable = !v.Done && o.Status == seckill.OrderAwaitingPayment
	if !o.HoldUntil.IsZero() {
		v.Left = max(1, o.HoldUntil.Sub(h.cfg.Clock()).Milliseconds())
	}
	sale, _ := h.cfg.Ledger.Sale(ctx, o.SaleID) // without it there are no titles; the payment goes on
	for _, l := range o.Lines {
		title := l.SKU
		if item, known := sale.Item(l.SKU); known {
			title = item.Title
		}
		v.Lines = append(v.Lines, line{title, l.Quantity, price(seckill.Money(l.Price*l.Quantity, o.Currency))})
	}
	return v
}

// trials are the buttons beside the one that just pays.
var trials = []string{"fail", "pay_late", "pay_twice", "pay_silently", "wrong_amount"}

func orderPath(id seckill.ID) string { return "/orders/" + id.String() }

func (h *Handler) render(w http.ResponseWriter, r *http.Request, status int, page string, v view) {
	v.Language = languageOf(r)
	v.T = texts[v.Language]
	var b bytes.Buffer
	if err := templates.ExecuteTemplate(&b, page, v); err != nil {
		h.cfg.Logger.Error("mock payment page", "page", page, "error", err)
		http.Error(w, "the page could not be made", http.StatusInternalServerError)
		return
	}
	setSecurity(w.Header())
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	// It shows the payment's present status.
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Language", v.Language)
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes())
}

// fail shows what went wrong; nothing of the inside.
func (h *Handler) fail(w http.ResponseWriter, r *http.Request, err error) {
	status, title := http.StatusInternalServerError, "failed"
	switch seckill.CodeOf(err) {
	case seckill.CodeNotFound:
		status, title = http.StatusNotFound, "not_found"
	case seckill.CodeInvalidRequest:
		status, title = http.StatusBadRequest, "not_here"
	case seckill.CodeConflict:
		status, title = http.StatusConflict, "not_now"
	case seckill.CodeUnavailable:
		status, title = http.StatusServiceUnavailable, "unavailable"
	}
	if status == http.StatusInternalServerError { // anybody can ask while a service is away
		h.cfg.Logger.Error("mock payment", "path", r.URL.Path, "error", err)
	}
	words := texts[languageOf(r)]
	h.render(w, r, status, "problem.html", view{Title: words["problem."+title], Detail: words["problem.again"]})
}

func serveAsset(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	kind, known := assets[name]
	if !known {
		http.NotFound(w, r)
		return
	}
	content, _ := files.ReadFile("pages/" + name) // it is embedded
	setSecurity(w.Header())
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Cache-Control", "no-cache")
	_, _ = w.Write(content)
}

func setSecurity(h http.Header) {
	h.Set("Content-Security-Policy", "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
}
