package web_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/webtest"
)

// Probes and proxies ask with HEAD what they could ask with GET.
func TestHeadIsAnsweredLikeGetAndWithoutABody(t *testing.T) {
	t.Parallel()
	s := webtest.NewShop(t)
	sale := s.Open(webtest.Draft(1, 1))
	server := httptest.NewServer(s.Server.Handler())
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
	s := webtest.NewShop(t)
	sale := s.Open(webtest.Draft(1, 1))
	for at, status := range map[[2]string]int{
		{"GET", "/api/v1/admin/sales/" + sale + "%2fstats"}: 404, {"POST", "/api/v1/admin/sales/" + sale + "%2Fclose"}: 405, // no method of a sale
		{"GET", "/api/v1/admin%2Fsales"}: 404, {"GET", "/api%2fv1/admin/sales"}: 404, {"GET", "/api/v1/%61dmin/sales"}: 404,
		{"GET", "/api/v1/sales/" + sale + "%2F"}: 404, {"GET", "/api/v1%2ftime"}: 404, {"POST", "/webhooks/payments%2fstandard"}: 404,
	} {
		a := s.Call(at[0], at[1], nil, webtest.Admin)
		require.Equal(t, status, a.Status, at[1])
		require.Equal(t, "application/problem+json", a.Header.Get("Content-Type"), at[1])
	}
	require.Equal(t, "live", s.Must(200, "GET", "/api/v1/sales/"+sale, nil).JSON["status"], "nothing closed it")
}
