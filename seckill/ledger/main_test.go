package ledger

import (
	"testing"

	"github.com/seckill-go/seckill/internal/proof/stores"
)

func TestMain(m *testing.M) { stores.Main(m) }
