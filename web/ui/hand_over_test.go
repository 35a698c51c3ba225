package ui_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/seckill-go/seckill/web/ui"
)

// shopLogin is the login of a shop on another host than the pages.
type shopLogin struct {
	*httptest.Server

	mu       sync.Mutex
	customer string // who is signed in there; empty: nobody yet
	asked    []string
}

func tokenOf(buyer string, until time.Time) string {
	claims := base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, `{"sub":%q,"exp":%d}`, buyer, until.Unix()))
	return "header-of-the-shop." + claims + ".signature"
}

var inAnHour = time.Now().Add(time.Hour)

func (l *shopLogin) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	q := r.URL.Query()
	l.asked = append(l.asked, q.Get("prompt"))
	if l.customer == "" && q.Get("prompt") != "none" {
		l.customer = "bob" // who signs in on the shop's own page
	}
	answer := url.Values{"state": {q.Get("state")}}
	if l.customer != "" {
		answer.Set("token", tokenOf(l.customer, inAnHour))
	}
	http.Redirect(w, r, q.Get("return_to")+"#"+answer.Encode(), http.StatusSeeOther)
}

func (l *shopLogin) questions() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.asked
}

// pagesOf serves the pages with the shop's login, on the fake server's API.
func pagesOf(t *testing.T, customer string) (s *shop, l *shopLogin, at string) {
	t.Helper()
	s = newShop(t)
	s.set(func(s *shop) { s.noLogin = true })
	l = &shopLogin{customer: customer}
	l.Server = httptest.NewServer(l)
	t.Cleanup(l.Close)
	pages := ui.Handler(l.URL + "/login")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/api/") {
			s.Config.Handler.ServeHTTP(w, r)
			return
		}
		pages.ServeHTTP(w, r)
	}))
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	return s, l, server.URL
}

func TestACustomerOfTheShopIsSignedInHereBeforeTheFirstPress(t *testing.T) {
	t.Parallel()
	s, l, at := pagesOf(t, "alice")
	b := openBrowser(t, 390, 844)
	b.open(at + "/sales/" + saleID)
	b.until(`sessionStorage.getItem('seckill.token') !== null`)
	b.click(armed)
	b.see(status("queued"))
	s.set(func(s *shop) { assert.Equal(t, []string{"Bearer " + tokenOf("alice", inAnHour)}, s.bearers) })
	b.open(at + "/orders")
	b.see(hook("my-orders"))
	assert.Equal(t, []string{"none"}, l.questions(), "asked once for all pages")
	assert.NotContains(t, js[string](b, `location.href`), "token")
	assert.Nil(t, js[any](b, `sessionStorage.getItem('seckill.state')`), "an answer counts once")
}

func TestWhoeverIsNotSignedInLooksAroundAndSignsInAtTheShop(t *testing.T) {
	t.Parallel()
	s, l, at := pagesOf(t, "")
	b := openBrowser(t, 390, 844)
	b.open(at + "/sales/" + saleID)
	b.see(hook("sign-in"))
	b.click(armed)
	b.see(hook("buy-message") + `[data-code="sign_in"]`)
	b.click(hook("sign-in"))
	b.until(`sessionStorage.getItem('seckill.token') !== null`)
	b.until(`document.querySelector('[data-testid=sign-in]') === null`)
	b.click(armed)
	b.see(status("queued"))
	s.set(func(s *shop) { assert.Equal(t, []string{"Bearer " + tokenOf("bob", inAnHour)}, s.bearers) })
	assert.Equal(t, []string{"none", ""}, l.questions())
}

// Else the buyer would pay for what the sender of the link gets.
func TestALinkSignsNobodyInAsSomebodyElse(t *testing.T) {
	t.Parallel()
	s, _, at := pagesOf(t, "")
	b := openBrowser(t, 390, 844)
	b.open(at + "/sales/" + saleID + "#state=guessed&token=" + tokenOf("mallory", inAnHour))
	b.see(hook("sign-in"))
	assert.Empty(t, js[string](b, `location.hash`))
	b.click(armed)
	b.see(hook("buy-message") + `[data-code="sign_in"]`)
	assert.Nil(t, js[any](b, `sessionStorage.getItem('seckill.token')`))
	s.set(func(s *shop) { assert.Empty(t, s.bearers) })
}

func TestATokenThatIsOverIsReplacedWhenThePageOpens(t *testing.T) {
	t.Parallel()
	s, l, at := pagesOf(t, "alice")
	b := openBrowser(t, 390, 844)
	b.open(at + "/favicon.ico")
	js[any](b, fmt.Sprintf(`sessionStorage.setItem('seckill.token', %q)`, tokenOf("alice", time.Now())))
	b.open(at + "/sales/" + saleID)
	b.until(fmt.Sprintf(`sessionStorage.getItem('seckill.token') === %q`, tokenOf("alice", inAnHour)))
	b.click(armed)
	b.see(status("queued"))
	s.set(func(s *shop) { assert.Len(t, s.bearers, 1) })
	assert.Equal(t, []string{"none"}, l.questions())
}
