package rpc

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"connectrpc.com/grpchealth"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/seckill-go/seckill/internal/database"
	"github.com/seckill-go/seckill/internal/proof/stores"
	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/inventory"
	"github.com/seckill-go/seckill/web/rpc/inventoryv1"
	"github.com/seckill-go/seckill/web/rpc/inventoryv1/inventoryv1connect"
)

const testToken = "a-service-token-of-the-tests-of-32-bytes"

// port is a server on a real inventory.
func port(t *testing.T, change ...func(*Config)) (url string) {
	t.Helper()
	stock, err := inventory.New(inventory.Config{DB: stores.Open(t, database.SQLite, stores.SQLite(t))})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, stock.Close()) })
	cfg := Config{Stock: stock, Token: testToken, Logger: slog.New(slog.DiscardHandler)}
	for _, c := range change {
		c(&cfg)
	}
	server := httptest.NewUnstartedServer(nil)
	server.Config = NewServer(Handler(cfg), cfg.Logger)
	server.Start()
	t.Cleanup(server.Close)
	return server.URL
}

// post calls as curl does.
func post(t *testing.T, url, method, body string, headers ...string) (int, map[string]any) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "POST", url+"/seckill.inventory.v1.InventoryService/"+method, strings.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+testToken)
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	var answer map[string]any
	require.NoError(t, json.Unmarshal(text, &answer), "%s", text)
	return resp.StatusCode, answer
}

func TestAnOrderIsSoldAndUndoneOverJSON(t *testing.T) {
	t.Parallel()
	url := port(t)
	code, answer := post(t, url, "SetInv", `{"goods":"cup","on_hand":10,"reason":"delivered","actor":"ann"}`)
	require.Equal(t, 200, code, "%v", answer)
	goods := answer["goods"].(map[string]any)
	require.Equal(t, "10", goods["available"])
	require.Equal(t, "0", goods["sold"], "zeros are shown")

	sell := `{"orderNo":"A-1","user":"eve","lines":[{"goods":"cup","quantity":"2"},{"goods":"cup","quantity":1}],"hold":"900s"}`
	code, first := post(t, url, "Sell", sell)
	require.Equal(t, 200, code, "%v", first)
	d := first["deduction"].(map[string]any)
	require.Equal(t, "STATE_RESERVED", d["state"])
	require.Equal(t, []any{map[string]any{"goods": "cup", "quantity": "3"}}, d["lines"])
	require.NotEmpty(t, d["hold_until"])
	code, again := post(t, url, "Sell", sell)
	require.Equal(t, 200, code)
	require.Equal(t, first, again)

	for range 2 {
		code, answer = post(t, url, "Rollback", `{"order_no":"A-1"}`)
		require.Equal(t, 200, code)
		require.Equal(t, "STATE_RETURNED", answer["deduction"].(map[string]any)["state"])
	}
	code, answer = post(t, url, "Sell", sell)
	require.Equal(t, 400, code)
	require.Equal(t, "failed_precondition", answer["code"])
	_, answer = post(t, url, "History", `{"goods":"cup"}`)
	require.Len(t, answer["changes"], 3)
	_, answer = post(t, url, "InvDetail", `{"goods":"cup"}`)
	require.Equal(t, "10", answer["goods"].(map[string]any)["available"])
}

func TestWhatIsWrongIsToldInTheFieldsCodes(t *testing.T) {
	t.Parallel()
	url := port(t)
	post(t, url, "SetInv", `{"goods":"cup","on_hand":3,"actor":"ann"}`)
	huge := `{"order_no":"` + strings.Repeat("x", maxRequest) + `"}`
	for name, row := range map[string]struct {
		method, body, code string
		status             int
		says               string
	}{
		"field":           {"Sell", `{"order_no":"1","user":"eve","lines":[{"goods":"cup","quantity":0}]}`, "invalid_argument", 400, "lines[0].quantity"},
		"a long actor":    {"SetInv", `{"goods":"cup","by":1,"actor":"` + strings.Repeat("a", 61) + `"}`, "invalid_argument", 400, "1 to 60"},
		"unknown field":   {"SetInv", `{"goods":"cup","by":1,"actor":"ann","verson":1}`, "invalid_argument", 400, "verson"},
		"no JSON":         {"Sell", `{`, "invalid_argument", 400, ""},
		"overflow":        {"Sell", `{"order_no":"1","user":"eve","lines":[{"goods":"cup","quantity":9223372036854775808}]}`, "invalid_argument", 400, ""},
		"part of a unit":  {"Sell", `{"order_no":"1","user":"eve","lines":[{"goods":"cup","quantity":1.5}]}`, "invalid_argument", 400, ""},
		"hold of nothing": {"Sell", `{"order_no":"1","user":"eve","lines":[{"goods":"cup","quantity":1}],"hold":"0s"}`, "invalid_argument", 400, "hold"},
		"unknown goods":   {"Sell", `{"order_no":"1","user":"eve","lines":[{"goods":"a","quantity":1},{"goods":"b","quantity":1}]}`, "not_found", 404, "a, b"},
		"too few":         {"Sell", `{"order_no":"1","user":"eve","lines":[{"goods":"cup","quantity":4}]}`, "failed_precondition", 400, "cup: 4 wanted, 3 there"},
		"no order":        {"Confirm", `{"order_no":"nobody"}`, "not_found", 404, "no such order"},
		"version":         {"SetInv", `{"goods":"cup","by":1,"actor":"ann","version":7}`, "aborted", 409, "version 1, not 7"},
		"too large":       {"Confirm", huge, "resource_exhausted", 429, ""},
		"no such history": {"History", `{}`, "invalid_argument", 400, ""},
		"limit":           {"History", `{"goods":"cup","limit":-1}`, "invalid_argument", 400, "limit"},
	} {
		status, answer := post(t, url, row.method, row.body)
		require.Equal(t, row.status, status, "%s: %v", name, answer)
		require.Equal(t, row.code, answer["code"], name)
		require.Contains(t, answer["message"], row.says, name)
	}
	_, answer := post(t, url, "InvDetail", `{"goods":"cup"}`)
	require.Equal(t, "3", answer["goods"].(map[string]any)["available"])
}

func TestTheCharsetOfJSONChangesNothing(t *testing.T) {
	t.Parallel()
	url := port(t)
	for _, kind := range []string{"application/json", "application/json; charset=utf-8", "application/json;charset=UTF-8"} {
		status, answer := post(t, url, "SetInv", `{"goods":"cup","on_hand":3,"actor":"ann","verson":1}`, "Content-Type", kind)
		require.Equal(t, 400, status, "%s: %v", kind, answer)
		status, answer = post(t, url, "SetInv", `{"goods":"cup","on_hand":3,"actor":"ann"}`, "Content-Type", kind)
		require.Equal(t, 200, status, kind)
		require.Equal(t, "0", answer["goods"].(map[string]any)["sold"], kind)
	}
	_, answer := post(t, url, "History", `{"goods":"cup"}`)
	require.Equal(t, "rpc:ann", answer["changes"].([]any)[0].(map[string]any)["user"], "a service cannot pass for an operator")
}

// Who has no token does not keep a connection busy with a body that never comes.
func TestWhoHasNoTokenIsAnsweredAtOnce(t *testing.T) {
	t.Parallel()
	conn, err := net.Dial("tcp", strings.TrimPrefix(port(t), "http://"))
	require.NoError(t, err)
	defer conn.Close()
	_, err = io.WriteString(conn, "POST /seckill.inventory.v1.InventoryService/InvDetail HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"goods\"")
	require.NoError(t, err)
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(readHeaderTimeout)))
	text, err := io.ReadAll(conn)
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(string(text), "HTTP/1.1 401 "), "%s", text)
}

func TestNobodyCallsWithoutTheToken(t *testing.T) {
	t.Parallel()
	var said bytes.Buffer
	registry := prometheus.NewRegistry()
	url := port(t, func(c *Config) { c.Registry, c.Logger = registry, slog.New(slog.NewTextHandler(&said, nil)) })
	for _, shown := range []string{"", "Bearer", "Bearer ", "Bearer wrong", "Basic " + testToken, "Bearer " + testToken + "x", testToken} {
		status, answer := post(t, url, "SetInv", `{"goods":"cup","on_hand":3,"actor":"ann"}`, "Authorization", shown)
		require.Equal(t, 401, status, shown)
		require.Equal(t, "unauthenticated", answer["code"], shown)
		require.NotContains(t, answer["message"], testToken)
	}
	status, _ := post(t, url, "InvDetail", `{"goods":"cup"}`)
	require.Equal(t, 404, status, "nothing was made")

	require.Equal(t, 1, strings.Count(said.String(), "the service token is missing or wrong"), "one line in a while: %s", said.String())
	require.NotContains(t, said.String(), testToken)
	require.Equal(t, map[string]float64{
		"seckill_rpc_calls_total not_found /seckill.inventory.v1.InventoryService/InvDetail": 1,
		"seckill_rpc_tokens_refused_total":                                                   7,
	}, counters(t, registry))
}

// counters are a registry's, by their names and labels.
func counters(t *testing.T, registry *prometheus.Registry) map[string]float64 {
	t.Helper()
	families, err := registry.Gather()
	require.NoError(t, err)
	all := map[string]float64{}
	for _, f := range families {
		for _, m := range f.Metric {
			name := f.GetName()
			for _, label := range m.Label {
				name += " " + label.GetValue()
			}
			if m.Counter != nil {
				all[name] = m.Counter.GetValue()
			}
		}
	}
	return all
}

// client is one by grpc-go, which shares nothing with the server.
func client(t *testing.T, url string) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient(strings.TrimPrefix(url, "http://"), grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	return conn
}

func TestAGRPCClientReadsTheDetailsOfErrors(t *testing.T) {
	t.Parallel()
	conn := client(t, port(t))
	ctx := metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer "+testToken)
	call := func(method string, req, resp any) error {
		return conn.Invoke(ctx, "/"+inventoryv1connect.InventoryServiceName+"/"+method, req, resp)
	}
	var set inventoryv1.SetInvResponse
	require.NoError(t, call("SetInv", &inventoryv1.SetInvRequest{Goods: "cup", Change: &inventoryv1.SetInvRequest_OnHand{OnHand: 3}, Actor: "ann"}, &set))
	require.EqualValues(t, 3, set.Goods.Available)

	order := &inventoryv1.SellRequest{OrderNo: "1", User: "eve", Lines: []*inventoryv1.Line{{Goods: "cup", Quantity: 4}}, Hold: durationpb.New(time.Minute)}
	var sold inventoryv1.SellResponse
	err := call("Sell", order, &sold)
	require.Equal(t, codes.FailedPrecondition, status.Code(err))
	missing := status.Convert(err).Details()[0].(*inventoryv1.Missing)
	require.EqualValues(t, 4, missing.Goods[0].Wanted)
	require.EqualValues(t, 3, missing.Goods[0].Available)
	order.Lines[0].Quantity = -1
	err = call("Sell", order, &sold)
	require.Equal(t, codes.InvalidArgument, status.Code(err))
	require.Equal(t, "lines[0].quantity", status.Convert(err).Details()[0].(*errdetails.BadRequest).FieldViolations[0].Field)
	order.Lines[0].Quantity = 1
	require.NoError(t, call("Sell", order, &sold))
	require.Equal(t, inventoryv1.State_STATE_RESERVED, sold.Deduction.State)
	var undone inventoryv1.RollbackResponse
	require.NoError(t, call("Rollback", &inventoryv1.RollbackRequest{OrderNo: "1"}, &undone))
	err = call("Sell", order, &sold)
	require.Equal(t, inventoryv1.State_STATE_RETURNED, status.Convert(err).Details()[0].(*inventoryv1.Conflict).State)

	err = conn.Invoke(t.Context(), "/"+inventoryv1connect.InventoryServiceName+"/InvDetail", &inventoryv1.InvDetailRequest{Goods: "cup"}, &inventoryv1.InvDetailResponse{})
	require.Equal(t, codes.Unauthenticated, status.Code(err))
}

// slowStock answers when its caller's time is over.
type slowStock struct{ Stock }

func (slowStock) InvDetail(ctx context.Context, _ string) (inventory.Goods, error) {
	<-ctx.Done()
	return inventory.Goods{}, seckill.Unavailable(ctx.Err(), "the database cannot be reached")
}

func TestADeadlineIsObeyed(t *testing.T) {
	t.Parallel()
	conn := client(t, port(t, func(c *Config) { c.Stock = slowStock{} }))
	ctx, cancel := context.WithTimeout(metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer "+testToken), 50*time.Millisecond)
	defer cancel()
	err := conn.Invoke(ctx, "/"+inventoryv1connect.InventoryServiceName+"/InvDetail", &inventoryv1.InvDetailRequest{Goods: "cup"}, &inventoryv1.InvDetailResponse{})
	require.Equal(t, codes.DeadlineExceeded, status.Code(err))
}

// badStock fails in a way that nobody outside is to read.
type badStock struct{ Stock }

func (badStock) InvDetail(context.Context, string) (inventory.Goods, error) {
	return inventory.Goods{}, io.ErrUnexpectedEOF
}
func (badStock) Confirm(context.Context, string) (inventory.Deduction, error) { panic("secret") }

func TestWhatIsOurOwnFaultIsLoggedAndNotTold(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	url := port(t, func(c *Config) { c.Stock, c.Logger = badStock{}, slog.New(slog.NewTextHandler(&log, nil)) })
	for method, want := range map[string]string{"InvDetail": "unexpected EOF", "Confirm": "secret"} {
		code, answer := post(t, url, method, `{}`)
		require.Equal(t, 500, code)
		require.Equal(t, "internal", answer["code"])
		require.Equal(t, errInternal.Error(), answer["message"])
		require.Contains(t, log.String(), want)
	}
}

func TestHealthNeedsNoTokenAndTellsOfReadiness(t *testing.T) {
	t.Parallel()
	ready := true
	url := port(t, func(c *Config) {
		c.Ready = func(context.Context) error {
			if ready {
				return nil
			}
			return io.EOF
		}
	})
	for _, want := range []string{"SERVING", "NOT_SERVING"} {
		resp, err := http.Post(url+"/"+grpchealth.HealthV1ServiceName+"/Check", "application/json", strings.NewReader(`{}`))
		require.NoError(t, err)
		text, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Contains(t, string(text), "SERVING_STATUS_"+want)
		ready = false
	}
}

func TestGeneratedCodeIsUpToDate(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("protoc"); err != nil {
		t.Skip("needs protoc: run scripts/tools.sh")
	}
	out := t.TempDir()
	cmd := exec.Command("../../scripts/proto.sh", out)
	said, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", said)
	made := 0
	require.NoError(t, filepath.WalkDir(filepath.Join(out, "web/rpc"), func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		made++
		want, err := os.ReadFile(path)
		require.NoError(t, err)
		name, err := filepath.Rel(out, path)
		require.NoError(t, err)
		have, err := os.ReadFile(filepath.Join("../..", name))
		require.NoError(t, err)
		require.True(t, bytes.Equal(want, have), "%s is not what the .proto files make: run scripts/proto.sh", name)
		return nil
	}))
	require.Equal(t, 2, made)
}
