package configs

import (
	"bytes"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/salefile"
)

func TestTheExampleFilesCanBeLoadedOnAnyDay(t *testing.T) {
	table, err := os.ReadFile("example-sale.csv")
	require.NoError(t, err)
	for name, data := range map[string][]byte{"example-sale.yaml": ExampleSale, "example-sale.csv": table} {
		sales, err := salefile.Read(name, bytes.NewReader(data))
		require.NoError(t, err, name)
		require.Len(t, sales, 1, name)
		assert.NotEmpty(t, sales[0].Items, name)
		assert.NoError(t, sales[0].Over(time.Date(2080, 1, 1, 0, 0, 0, 0, time.UTC), ""), name)
	}
}
