package config

import (
	"encoding/base64"
	"strings"
)

const (
	// minSecretBytes is the least length of a secret.
	minSecretBytes = 32
	// minLetters is the least number of different bytes in one. A secret made at
	// random has more; words that were typed until the length was reached have less.
	minLetters = 8
	// The Standard Webhooks specification's bounds for a secret's bytes.
	minWebhookBytes, maxWebhookBytes = 24, 64
	webhookPrefix                    = "whsec_"
)

// checkEnds refuses white space around a secret. It is none of a person's making: a file
// ends its line, and with it the secret would be another one than its other side has.
func (cfg *Config) checkEnds(c *checker) {
	for _, k := range keys {
		if text := k.in(cfg).String(); k.secret() && text != strings.TrimSpace(text) {
			c.that(false, k.name, "must not begin or end with a space or a line's end, as a file or a YAML block (|) leaves one there")
			c.ragged[k.name] = true
		}
	}
}

// checkSecretTexts checks what the secrets themselves are: long, not typed by a hand
// that got tired, and none of them known to those who know another one.
func (cfg *Config) checkSecretTexts(c *checker, role Role) {
	secret, token := string(cfg.Auth.HS256Secret), string(cfg.Admin.Token)
	advice := "; `openssl rand -hex 32` makes a good one"
	switch {
	case role == RoleAdmin || role == RoleToken:
		advice = "; it has to be the server's own"
	case cfg.Mode == Embedded:
		advice = "; leave it out, also of " + cfg.SecretsFile() + ", and the next start makes a good one"
	}
	other, beacon := string(cfg.RPC.Token), string(cfg.Draw.LocalSecret)
	texts := []struct{ key, text string }{{"auth.hs256_secret", secret}, {"admin.token", token}, {"rpc.token", other}, {"draw.local_secret", beacon}}
	for _, s := range texts {
		c.that(s.text == "" || len(s.text) >= minSecretBytes, s.key, "must be at least %d bytes%s", minSecretBytes, advice)
		c.that(len(s.text) < minSecretBytes || letters(s.text) >= minLetters, s.key, "must have at least %d different letters%s", minLetters, advice)
	}
	c.that(headerText(token), "admin.token", "must be visible ASCII characters, since it goes into a header")
	c.that(headerText(other), "rpc.token", "must be visible ASCII characters, since it goes into a header")
	c.that(token == "" || token != secret, "admin.token", "must not be the same as auth.hs256_secret")
	c.that(other == "" || other != secret && other != token, "rpc.token", "must not be the same as auth.hs256_secret or admin.token")
	c.that(beacon == "" || beacon != secret && beacon != token && beacon != other, "draw.local_secret", "must not be the same as another secret")
	for _, signing := range []struct {
		key     string
		secrets []string
	}{{"payment.standard.secret", cfg.Payment.Standard.Secrets()}, {"webhooks.secret", cfg.Webhooks.Secrets()}} {
		for _, s := range signing.secrets {
			key, ok := webhookKey(s)
			c.that(ok, signing.key, "must be %s and base64 of %d to %d bytes", webhookPrefix, minWebhookBytes, maxWebhookBytes)
			c.that(!ok || letters(key) >= minLetters, signing.key, "must have at least %d different bytes%s", minLetters, advice)
			for _, other := range texts {
				c.that(other.text == "" || !sameSecret(s, key, other.text), signing.key, "must not be the same as %s", other.key)
			}
		}
	}
}

// headerText tells whether a text can stand in a header.
func headerText(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}

// letters counts the different bytes of a secret.
func letters(s string) int {
	var seen [256]bool
	n := 0
	for i := range len(s) {
		if !seen[s[i]] {
			seen[s[i]] = true
			n++
		}
	}
	return n
}

// sameSecret tells whether a callback secret, in any form in which a person may have
// copied it, is another secret.
func sameSecret(text, key, other string) bool {
	return other == text || other == strings.TrimPrefix(text, webhookPrefix) || other == key
}

// webhookKey gives the bytes that a secret of callbacks or events stands for.
func webhookKey(s string) (key string, ok bool) {
	encoded, ok := strings.CutPrefix(s, webhookPrefix)
	b, err := base64.StdEncoding.DecodeString(encoded)
	return string(b), ok && err == nil && len(b) >= minWebhookBytes && len(b) <= maxWebhookBytes
}
