package token

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/golang-jwt/jwt/v5"

	"github.com/seckill-go/seckill/seckill"
)

// maxUnix, the end of the year 9999, bounds the times in a token.
const maxUnix = 253_402_300_799

// claims are a token's claims, read as strictly as a body: a name counts as the
// standard writes it alone, is there at most once, and has a value of its own type.
// Other names are a login's own affair.
type claims struct {
	jwt.RegisteredClaims
	// Trial says that the buyer is none of the shop's; see seckill.TrialClaim.
	Trial bool `json:"seckill_trial,omitempty"`
}

// GetNotBefore lets a token in as early as it may be for a clock that is ahead.
func (c claims) GetNotBefore() (*jwt.NumericDate, error) {
	if c.NotBefore == nil {
		return nil, nil
	}
	return jwt.NewNumericDate(c.NotBefore.Add(-maxClockSkew)), nil
}

// UnmarshalJSON is given the claims as they came.
func (c *claims) UnmarshalJSON(text []byte) (err error) {
	m, err := readMembers(text)
	if err != nil {
		return err
	}
	if c.Subject, err = m.text("sub"); err != nil {
		return err
	}
	if c.Issuer, err = m.text("iss"); err != nil {
		return err
	}
	if c.Audience, err = m.audience(); err != nil {
		return err
	}
	if c.ExpiresAt, err = m.time("exp"); err != nil {
		return err
	}
	if c.NotBefore, err = m.time("nbf"); err != nil {
		return err
	}
	c.Trial = string(m[seckill.TrialClaim]) == "true"
	c.IssuedAt, err = m.time("iat")
	return err
}

// keyID reads a token's header, as strictly, for the name of its key.
func keyID(header []byte) (string, error) {
	m, err := readMembers(header)
	if err != nil {
		return "", err
	}
	if _, there := m["crit"]; there {
		// Extensions that must be understood; there are none here (RFC 7515, 4.1.11).
		return "", errors.New("crit names extensions that are not known here")
	}
	return m.text("kid")
}

// members are those of a JSON object in a token, by name.
type members map[string]jsontext.Value

// readMembers refuses what has two readings: a name that is there twice, text that
// is not UTF-8, half of a surrogate pair, anything after the object.
func readMembers(text []byte) (members, error) {
	var m members
	if err := json.Unmarshal(text, &m); err != nil {
		return nil, err
	}
	return m, nil
}

func (m members) text(name string) (string, error) {
	value, there := m[name]
	if !there {
		return "", nil
	}
	if value.Kind() != '"' {
		return "", fmt.Errorf("%s must be a string", name)
	}
	var s string
	err := json.Unmarshal(value, &s)
	return s, err
}

func (m members) time(name string) (*jwt.NumericDate, error) {
	value, there := m[name]
	if !there {
		return nil, nil
	}
	if value.Kind() != '0' {
		return nil, fmt.Errorf("%s must be a number", name)
	}
	var seconds float64
	if err := json.Unmarshal(value, &seconds); err != nil {
		return nil, err
	}
	if seconds < 0 || seconds > maxUnix {
		return nil, fmt.Errorf("%s is no time", name)
	}
	whole, part := math.Modf(seconds)
	return &jwt.NumericDate{Time: time.Unix(int64(whole), int64(part*1e9))}, nil
}

// audience is one name or a list of them.
func (m members) audience() (jwt.ClaimStrings, error) {
	value, there := m["aud"]
	if !there {
		return nil, nil
	}
	if value.Kind() == '"' {
		one, err := m.text("aud")
		return jwt.ClaimStrings{one}, err
	}
	var list []jsontext.Value
	if err := json.Unmarshal(value, &list); err != nil || value.Kind() != '[' {
		return nil, errors.New("aud must be a string or a list of strings")
	}
	var names jwt.ClaimStrings
	for _, v := range list {
		name, err := members{"aud": v}.text("aud")
		if err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, nil
}
