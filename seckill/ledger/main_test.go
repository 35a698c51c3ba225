package ledger

import (
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/seckill-go/seckill/internal/proof/stores"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		stores.End()
		os.Exit(code)
	}))
}
