package configs

import (
	"bytes"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/salefile"
)

func TestTheExampleFilesCanBeLoaded(t *testing.T) {
	table, err := os.ReadFile("example-sale.csv")
	require.NoError(t, err)
	for name, data := range map[string][]byte{"example-sale.yaml": ExampleSale, "example-sale.csv": table} {
		sales, err := salefile.Read(name, bytes.NewReader(data))
		require.NoError(t, err, name)
		require.Len(t, sales, 1, name)
		assert.NotEmpty(t, sales[0].Items, name)
	}
	sales, err := salefile.Read("example-sale.yaml", bytes.NewReader(ExampleSale))
	require.NoError(t, err)
	assert.True(t, sales[0].Relative(), "the example sale must work on any day")
}
