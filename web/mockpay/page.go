package mockpay

import (
	"bytes"
	"embed"
	"errors"
	"html/template"
	"net/http"

	"github.com/seckill-go/seckill/seckill"
)

//go:embed pages
var files embed.FS

var (
	templates = template.Must(template.ParseFS(files, "pages/*.html"))
	style, _  = files.ReadFile("pages/pay.css")
)

// view is what the pages show.
type view struct {
	Payment    seckill.Payment
	Order      seckill.Order
	Amount     string
	OrderPath  string
	CanRefund  bool
	Action     action
	Deliveries []delivery
	Title      string
	Detail     string
}

func newView(p seckill.Payment, o seckill.Order) view {
	return view{Payment: p, Order: o, Amount: money(p.Amount, p.Currency),
		OrderPath: orderPath(o.ID), CanRefund: p.Status == refundDue}
}

func orderPath(id seckill.ID) string { return "/orders/" + id.String() }

func (h *Handler) render(w http.ResponseWriter, status int, page string, v view) {
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
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes())
}

// fail shows what went wrong; nothing of the inside.
func (h *Handler) fail(w http.ResponseWriter, r *http.Request, err error) {
	status, title := http.StatusInternalServerError, "Something went wrong"
	switch seckill.CodeOf(err) {
	case seckill.CodeNotFound:
		status, title = http.StatusNotFound, "There is no such payment"
	case seckill.CodeInvalidRequest:
		status, title = http.StatusBadRequest, "That cannot be done here"
	case seckill.CodeConflict:
		status, title = http.StatusConflict, "That cannot be done now"
	case seckill.CodeUnavailable:
		status, title = http.StatusServiceUnavailable, "Not available just now"
	}
	if status >= 500 {
		h.cfg.Logger.Error("mock payment", "path", r.URL.Path, "error", err)
	}
	v := view{Title: title, Detail: "Go back and try again."}
	if e := (*seckill.Error)(nil); errors.As(err, &e) && e.Detail != "" {
		v.Detail = e.Detail
	}
	h.render(w, status, "problem.html", v)
}

func serveStyle(w http.ResponseWriter, _ *http.Request) {
	setSecurity(w.Header())
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	_, _ = w.Write(style)
}

func setSecurity(h http.Header) {
	h.Set("Content-Security-Policy", "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
}
