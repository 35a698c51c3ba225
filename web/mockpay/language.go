package mockpay

import (
	"net/http"
	"strings"
)

// languageCookie is how the shop's pages tell which language was chosen there; it
// is sent to this gateway's addresses alone.
const languageCookie = "seckill.language"

// languageOf is the language that a page is answered in: the one chosen in the
// shop, else the first that the browser wants and there is.
func languageOf(r *http.Request) string {
	if c, err := r.Cookie(languageCookie); err == nil {
		if _, known := texts[c.Value]; known {
			return c.Value
		}
	}
	for wanted := range strings.SplitSeq(r.Header.Get("Accept-Language"), ",") {
		name, _, _ := strings.Cut(strings.TrimSpace(wanted), "-")
		name, _, _ = strings.Cut(name, ";")
		if _, known := texts[strings.ToLower(name)]; known {
			return strings.ToLower(name)
		}
	}
	return "en"
}

// texts are the words of the pages by language; each has the same keys.
var texts = map[string]map[string]string{"en": english, "zh": chinese}
