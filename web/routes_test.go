package web_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
)

// Probes and proxies ask with HEAD what they could ask with GET.
func TestHeadIsAnsweredLikeGetAndWithoutABody(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	sale := s.open(draft(1, 1))
	server := httptest.NewServer(s.server.Handler())
	t.Cleanup(server.Close)
	for path, status := range map[string]int{
		"/healthz": 200, "/openapi.yaml": 200, "/api/v1/time": 200, "/api/v1/sales": 200, "/api/v1/sales/" + sale: 200,
		"/api/v1/orders": 401, "/api/v1/orders/7": 401, "/api/v1/sales/7": 404,
		"/api/v1/sales/" + sale + "/events": 405, "/api/v1/admin/sales": 405, // a stream has no end; operators have no probes
	} {
		resp, err := http.Head(server.URL + path)
		require.NoError(t, err, path)
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, status, resp.StatusCode, path)
		require.Empty(t, body)
		if status == 405 {
			continue
		}
		require.Positive(t, resp.ContentLength, path)
		like, err := http.Get(server.URL + path)
		require.NoError(t, err)
		require.NoError(t, like.Body.Close())
		require.Equal(t, like.Header.Get("Content-Type"), resp.Header.Get("Content-Type"), path)
	}
}

// Who encodes a slash, or a letter, gets to nothing that a proxy's rule about paths
// keeps from him: one path, one spelling.
func TestAnEncodedSlashIsPartOfAName(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	sale := s.open(draft(1, 1))
	for at, status := range map[[2]string]int{
		{"GET", "/api/v1/admin/sales/" + sale + "%2fstats"}: 404, {"POST", "/api/v1/admin/sales/" + sale + "%2Fclose"}: 405, // no method of a sale
		{"GET", "/api/v1/admin%2Fsales"}: 404, {"GET", "/api%2fv1/admin/sales"}: 404, {"GET", "/api/v1/%61dmin/sales"}: 404,
		{"GET", "/api/v1/sales/" + sale + "%2F"}: 404, {"GET", "/api/v1%2ftime"}: 404, {"POST", "/webhooks/payments%2fstandard"}: 404,
	} {
		a := s.call(at[0], at[1], nil, admin)
		require.Equal(t, status, a.status, at[1])
		require.Equal(t, "application/problem+json", a.header.Get("Content-Type"), at[1])
	}
	require.Equal(t, "live", s.must(200, "GET", "/api/v1/sales/"+sale, nil).json["status"], "nothing closed it")
}
