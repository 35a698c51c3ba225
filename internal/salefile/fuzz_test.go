package salefile

import (
	"bytes"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
)

func FuzzYAML(f *testing.F) {
	f.Add([]byte(goodYAML))
	f.Add([]byte(anchoredYAML))
	f.Add([]byte("sales: &a [*a]"))
	f.Add([]byte("a: &a [x,x]\nb: &b [*a,*a]\nsales: [*b,*b]"))
	f.Add([]byte("sales: [{<<: {key: k}, !!str price: !!int 5}]"))
	fuzz(f, "x.yaml")
}

func FuzzJSON(f *testing.F) {
	f.Add([]byte(goodJSON))
	f.Add([]byte(`{"sales":[{"key":"\ud83d\ude00","key":1e3}]} {}`))
	fuzz(f, "x.json")
}

func FuzzCSV(f *testing.F) {
	f.Add([]byte(goodCSV))
	f.Add([]byte("sep=;\n" + "sale_key;sku\n\"a\n\";b;;\n"))
	f.Add(utf16LE(goodCSV))
	f.Add([]byte("sale_key\tsku\r \t \ra\tb\r"))
	fuzz(f, "x.csv")
}

// fuzz reads whatever comes: what is taken has to be a sale, and what is refused has
// to be said in text that can be shown.
func fuzz(f *testing.F, name string) {
	f.Fuzz(func(t *testing.T, data []byte) {
		sales, err := Read(name, bytes.NewReader(data))
		if err != nil {
			require.True(t, utf8.ValidString(err.Error()), "%q", err.Error())
			return
		}
		require.NotEmpty(t, sales)
		for _, s := range sales {
			sale := s.At(time.Now())
			require.NoError(t, sale.Validate())
			require.NotEmpty(t, sale.Key)
			items, _ := s.rows.sale.get("items")
			require.Len(t, items.list, len(sale.Items))
		}
	})
}

func FuzzStock(f *testing.F) {
	f.Add([]byte(stockCSV))
	f.Add([]byte("sep=;\n" + "goods;by\n\"a\n\";-5;;\n"))
	f.Add(utf16LE(stockCSV))
	f.Fuzz(func(t *testing.T, data []byte) {
		rows, err := ReadStock("x.csv", bytes.NewReader(data))
		if err != nil {
			require.True(t, utf8.ValidString(err.Error()), "%q", err.Error())
			return
		}
		require.NotEmpty(t, rows)
		for _, r := range rows {
			require.True(t, seckill.ValidSKU(r.Goods))
			require.True(t, (r.To == nil) == (r.By != 0))
		}
	})
}
