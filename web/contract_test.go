package web_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/webtest"
)

func TestContractFileIsValidOpenAPI31(t *testing.T) {
	t.Parallel()
	_, err := webtest.Contract()
	require.NoError(t, err)
	file, err := os.ReadFile("openapi.yaml")
	require.NoError(t, err)
	require.True(t, bytes.HasPrefix(file, []byte("openapi: 3.1.0\n")))
}

func TestContractFileIsServed(t *testing.T) {
	t.Parallel()
	rec := httptest.NewRecorder()
	webtest.NewStubbed(t).Handler().ServeHTTP(rec, httptest.NewRequest("GET", "/openapi.yaml", nil))
	file, err := os.ReadFile("openapi.yaml")
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, rec.Code)
	require.Equal(t, "application/yaml", rec.Header().Get("Content-Type"))
	require.Equal(t, string(file), rec.Body.String())
}
