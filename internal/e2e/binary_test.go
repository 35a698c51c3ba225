package e2e

import (
	"os"
	"testing"

	"github.com/seckill-go/seckill/internal/testkit"
)

// binary builds the program once for all tests.
var binary = testkit.Seckill

const repository = "../.."

func TestMain(m *testing.M) {
	code := m.Run()
	testkit.RemoveSeckill()
	os.Exit(code)
}
