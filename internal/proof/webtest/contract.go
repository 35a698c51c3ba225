package webtest

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/web"
)

// Contract is openapi.yaml, read once.
var Contract = sync.OnceValues(func() (routers.Router, error) {
	doc, err := openapi3.NewLoader().LoadFromData(web.OpenAPI)
	if err != nil {
		return nil, err
	}
	if err := doc.Validate(context.Background()); err != nil {
		return nil, err
	}
	return gorillamux.NewRouter(doc)
})

// keepsContract holds a call against openapi.yaml: every answer, and every
// request that was not refused.
func keepsContract(t *testing.T, req *http.Request, body []byte, resp *http.Response, answer []byte) {
	t.Helper()
	router, err := Contract()
	require.NoError(t, err)
	route, params, err := router.FindRoute(req)
	if resp.StatusCode == http.StatusMethodNotAllowed || resp.StatusCode == http.StatusNotFound && err != nil {
		return // what the contract does not have is refused
	}
	require.NoError(t, err, "%s %s is not in openapi.yaml", req.Method, req.URL.Path)
	req = req.Clone(context.Background())
	req.Body = io.NopCloser(bytes.NewReader(body))
	in := &openapi3filter.RequestValidationInput{Request: req, PathParams: params, Route: route,
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true}}
	if resp.StatusCode < 400 {
		require.NoError(t, openapi3filter.ValidateRequest(context.Background(), in), "the request")
	}
	out := &openapi3filter.ResponseValidationInput{RequestValidationInput: in, Status: resp.StatusCode, Header: resp.Header, Options: in.Options}
	if isText := strings.HasPrefix(resp.Header.Get("Content-Type"), "text/"); isText {
		withoutBody := *in.Options
		withoutBody.ExcludeResponseBody = true
		out.Options = &withoutBody
	}
	out.SetBodyBytes(answer)
	require.NoError(t, openapi3filter.ValidateResponse(context.Background(), out), "the answer to %s %s: %s", req.Method, req.URL.Path, answer)
}
