package main

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/webtest"
	"github.com/seckill-go/seckill/seckill/inventory"
)

// stockShop is a server with 10 cups, 9 of them reserved, and 10 pens; command runs a
// command of the stock on a file there.
func stockShop(t *testing.T) (shop *webtest.Shop, command func(content string, args ...string) (string, error)) {
	t.Helper()
	s := webtest.NewShop(t)
	server := httptest.NewServer(s.Server.Handler())
	t.Cleanup(server.Close)
	for _, goods := range []string{"cup", "pen"} {
		_, err := s.Stock.SetInv(t.Context(), inventory.Set{Goods: goods, By: 10, Actor: "ann"})
		require.NoError(t, err)
	}
	_, err := s.Stock.Sell(t.Context(), inventory.Order{OrderNo: "1", User: "eve", Lines: []inventory.Line{{Goods: "cup", Quantity: 9}}})
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "stock.csv")
	return s, func(content string, args ...string) (string, error) {
		require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
		var out strings.Builder
		err := runCommand(t.Context(), append([]string{"stock", "import", file, "--url=" + server.URL, "--token=" + webtest.AdminToken}, args...), &out)
		return out.String(), err
	}
}

func onHand(t *testing.T, s *webtest.Shop, goods string) int64 {
	t.Helper()
	g, err := s.Stock.InvDetail(t.Context(), goods)
	require.NoError(t, err)
	return g.OnHand()
}

func TestAStockImportShowsWhatItDoesAndCountsOnce(t *testing.T) {
	t.Chdir(t.TempDir())
	s, command := stockShop(t)
	const file = "goods,on_hand,by\ncup,12,\npen,,-3\nmat,7,\n"
	const preview = "" +
		"GOODS  ON HAND  THEN  CHANGE\n" +
		"cup    10       12    +2\n" +
		"pen    10       7     -3\n" +
		"mat    0        7     +7, new goods\n"
	out, err := command(file, "--dry-run")
	require.NoError(t, err)
	require.Equal(t, preview+"nothing was imported: it is a dry run\n", out)
	require.EqualValues(t, 10, onHand(t, s, "pen"))

	out, err = command(file, "--reason=delivered 送到")
	require.NoError(t, err)
	require.Equal(t, preview+"3 goods changed, 0 as they were\n", out)
	require.EqualValues(t, 7, onHand(t, s, "pen"))

	for _, same := range []string{file, "\ufeff" + strings.ReplaceAll(file, "\n", "\r\n"), strings.TrimSpace(file)} {
		out, err = command(same, "--reason", " delivered 送到 ")
		require.NoError(t, err, "what was asked for is done")
		require.Contains(t, out, "stock.csv was applied already on 20")
		require.Contains(t, out, "nothing was changed now: give another --key if it is meant again")
	}
	_, err = command(file, "--reason=x", "--key=")
	require.ErrorContains(t, err, "--key is empty")
	require.EqualValues(t, 7, onHand(t, s, "pen"))

	out, err = command(file, "--reason=delivered 送到", "--key=again")
	require.NoError(t, err)
	require.Contains(t, out, "1 goods changed, 2 as they were\n")
	require.EqualValues(t, 4, onHand(t, s, "pen"))
	_, err = command(file, "--reason=returned")
	require.NoError(t, err, "another reason is another import")
	require.EqualValues(t, 1, onHand(t, s, "pen"))

	out, err = command(file, "--reason=delivered 送到")
	require.NoError(t, err)
	require.Contains(t, out, "was applied already", "also where it would be refused by now")
	_, err = command(strings.Replace(file, "12", "13", 1), "--reason=x", "--key=again")
	require.ErrorContains(t, err, "something else was imported")
	require.Equal(t, exitNo, exitCode(err))
}

func TestAStockImportThatIsRefusedNamesItsRows(t *testing.T) {
	t.Chdir(t.TempDir())
	s, command := stockShop(t)
	const file = "goods,on_hand,by\npen,12,\ncup,3,\nmug,,-1\n"
	const fewer = "of 10 units on hand 9 are reserved by orders and 0 allotted to sales: at most 1 can be taken away"
	out, err := command(file, "--dry-run")
	require.ErrorContains(t, err, "stock.csv: 2 of 3 rows would be refused, and the others with them")
	require.Equal(t, exitNo, exitCode(err))
	require.Contains(t, out, "cup    10       10    refused: "+fewer+"\n")
	_, err = command(file, "--reason=counted")
	require.ErrorContains(t, err, "stock.csv: nothing was imported:\nrow 3: "+fewer+"\nrow 4: no such goods: mug")
	require.Equal(t, exitNo, exitCode(err))
	require.EqualValues(t, 10, onHand(t, s, "pen"))

	for content, want := range map[string]string{
		"goods,onhand\ncup,5\n":                         `did you mean "on_hand"?`,
		"goods,on_hand\ncup,x\npen,５\n":                 "stock.csv: nothing was imported:\nrow 2: on_hand: \"x\" is not a whole number; write plain digits such as 100\nrow 3: on_hand: ",
		"goods,on_hand\n" + strings.Repeat(" ", 64<<10): "it is larger than 64 KiB; split it",
	} {
		_, err := command(content, "--reason=x")
		require.ErrorContains(t, err, want)
		require.Equal(t, exitNo, exitCode(err))
	}
	_, err = command(file)
	require.ErrorContains(t, err, "say why with --reason")
	require.Equal(t, exitFailed, exitCode(err))
	_, err = command(file, "--reason=x", "--key=a b")
	require.ErrorContains(t, err, "Idempotency-Key: must be 1 to 64 visible ASCII characters")
}
