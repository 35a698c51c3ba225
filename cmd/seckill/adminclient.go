package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/seckill-go/seckill/seckill"
)

// adminClient speaks the operators' API of a running server, so that a command
// works the same against an embedded and an external one.
type adminClient struct {
	base  string // such as http://127.0.0.1:8080
	token string
	http  *http.Client
}

const (
	adminTimeout    = 60 * time.Second
	adminAnswerSize = 64 << 20
)

func newAdminClient(base, token string) (*adminClient, error) {
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("--url: %q is not an http or https address", base)
	}
	if token == "" {
		return nil, errors.New("no admin token: set SECKILL_ADMIN_TOKEN, or name the server's --config, or the --data_dir of an embedded one")
	}
	return &adminClient{base: strings.TrimRight(base, "/"), token: token, http: &http.Client{Timeout: adminTimeout}}, nil
}

// problem is what the API answers when it says no.
type problem struct {
	Status int                  `json:"status"`
	Code   seckill.Code         `json:"code"`
	Detail string               `json:"detail"`
	State  string               `json:"state"`
	Errors []seckill.FieldError `json:"errors"`
}

func (p *problem) Error() string {
	text := fmt.Sprintf("%s (%s)", p.Detail, p.Code)
	if p.Code == seckill.CodeUnauthorized {
		text += ": the server has another admin token; set SECKILL_ADMIN_TOKEN, or name its --config"
	}
	for i, f := range p.Errors {
		if i > 0 { // the first is in the detail
			text += fmt.Sprintf("; %s: %s", f.Field, f.Reason)
		}
	}
	return text
}

// call sends a request, with JSON where it has a body, and decodes a 2xx answer; any other
// becomes a *problem.
func (c *adminClient) call(ctx context.Context, method, path string, body, into any) (status int, err error) {
	if body == nil {
		return c.send(ctx, method, path, nil, http.Header{}, into)
	}
	b, err := json.Marshal(body)
	if err != nil {
		return 0, err
	}
	return c.send(ctx, method, path, b, http.Header{"Content-Type": {"application/json"}}, into)
}

// perhapsDone adds to the error of a call without an answer that it may have changed what it
// was to change, unless it never reached anybody.
func perhapsDone(method string, cause, err error) error {
	var dial *net.OpError
	if method == http.MethodGet || errors.As(cause, &dial) && dial.Op == "dial" {
		return err
	}
	return fmt.Errorf("%w\nit may have been done all the same: look before you repeat it", err)
}

// send is call with a body as it is.
func (c *adminClient) send(ctx context.Context, method, path string, body []byte, header http.Header, into any) (status int, err error) {
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	req.Header = header
	req.Header.Set("Authorization", "Bearer "+c.token)
	req.Header.Set("Accept", "application/json")
	res, err := c.http.Do(req)
	if err != nil {
		return 0, perhapsDone(method, err, noAnswer(c.base, "Start it with `seckill serve`, or name another with --url.", err))
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, adminAnswerSize))
	if err != nil {
		return res.StatusCode, fmt.Errorf("%s broke off its answer; run the command again", c.base)
	}
	if res.StatusCode/100 != 2 {
		p := &problem{}
		if json.Unmarshal(answer, p) != nil || p.Code == "" {
			return res.StatusCode, fmt.Errorf("%s answered %s; is it a seckill server?", c.base, res.Status)
		}
		return res.StatusCode, p
	}
	if into == nil {
		return res.StatusCode, nil
	}
	if err := json.Unmarshal(answer, into); err != nil {
		return res.StatusCode, c.notUnderstood()
	}
	return res.StatusCode, nil
}

func (c *adminClient) notUnderstood() error {
	return fmt.Errorf("%s answered what this version does not understand; is it a seckill of another version?", c.base)
}
