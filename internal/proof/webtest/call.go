package webtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Answer is what a call led to.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
	JSON   map[string]any
}

// Code is the one of a problem.
func (a Answer) Code() any { return a.JSON["code"] }

func (a Answer) String() string { return fmt.Sprintf("%d %s", a.Status, a.Body) }

// Call sends a request and holds it, and its answer, against the contract.
// headers are "Name: value".
func Call(t *testing.T, s *Server, method, path string, body any, headers ...string) Answer {
	t.Helper()
	var sent []byte
	switch b := body.(type) {
	case nil:
	case string:
		sent = []byte(b)
	case []byte:
		sent = b
	default:
		var err error
		sent, err = json.Marshal(b)
		require.NoError(t, err)
	}
	req := httptest.NewRequest(method, path, bytes.NewReader(sent))
	req.Host = "localhost"
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if value == "" {
			req.Header.Del(name)
			continue
		}
		if name == "Host" {
			req.Host = value
			continue
		}
		req.Header.Add(name, value)
		if name == "Content-Type" {
			req.Header.Set(name, value)
		}
	}
	rec := httptest.NewRecorder()
	s.Handler().ServeHTTP(rec, req)
	resp := rec.Result()
	a := Answer{Status: resp.StatusCode, Header: resp.Header}
	a.Body, _ = io.ReadAll(resp.Body)
	if strings.HasSuffix(resp.Header.Get("Content-Type"), "json") {
		require.NoError(t, json.Unmarshal(a.Body, &a.JSON), "%s", a.Body)
	}
	if a.Status >= 400 {
		require.Equal(t, "application/problem+json", resp.Header.Get("Content-Type"), "%s", a.Body)
		require.EqualValues(t, a.Status, a.JSON["status"])
		require.Equal(t, resp.Header.Get("X-Request-Id"), a.JSON["request_id"])
	}
	keepsContract(t, req, sent, resp, a.Body)
	return a
}

// ErrorFields are the fields that an answer says are wrong.
func ErrorFields(a Answer) []string {
	var fields []string
	list, _ := a.JSON["errors"].([]any)
	for _, e := range list {
		fields = append(fields, e.(map[string]any)["field"].(string))
	}
	return fields
}
