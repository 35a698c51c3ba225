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
	T          map[string]string // the words of the reader's language
	Language   string
	Trials     []string // buttons to try things out
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
	return view{Payment: p, Order: o, Amount: seckill.Money(p.Amount, p.Currency),
		OrderPath: orderPath(o.ID), CanRefund: p.Status == refundDue, Trials: trials}
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
	v := view{Title: words["problem."+title], Detail: words["problem.again"]}
	if e := (*seckill.Error)(nil); errors.As(err, &e) && e.Detail != "" {
		v.Detail = e.Detail
	}
	h.render(w, r, status, "problem.html", v)
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
