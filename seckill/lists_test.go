package seckill_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
)

// What pages have texts for is read from these lists, so none may lack a member.
func TestEachListHasEveryConstantOfItsKind(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		file, prefix string
		list         []string
	}{
		{"errors.go", "Code", texts(seckill.Codes)},
		{"reason.go", "Reason", seckill.Reasons},
		{"state.go", "Order", texts(seckill.OrderStatuses)},
		{"state.go", "Sale", texts(seckill.SaleStates)},
		{"sale.go", "Phase", texts(seckill.Phases)},
	} {
		assert.ElementsMatch(t, constants(t, c.file, c.prefix), c.list, "%s… of %s", c.prefix, c.file)
	}
}

func texts[S ~string](list []S) (all []string) {
	for _, s := range list {
		all = append(all, string(s))
	}
	return all
}

// constants gives the texts of a file's constants whose names begin so.
func constants(t *testing.T, file, prefix string) (all []string) {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	require.NoError(t, err)
	ast.Inspect(parsed, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) == 0 || !strings.HasPrefix(spec.Names[0].Name, prefix) {
			return true
		}
		if value, ok := spec.Values[0].(*ast.BasicLit); ok && value.Kind == token.STRING {
			text, err := strconv.Unquote(value.Value)
			require.NoError(t, err)
			all = append(all, text)
		}
		return true
	})
	require.NotEmpty(t, all)
	return all
}

func TestTheWordOfAReason(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "paid_late", seckill.ReasonWord(seckill.ReasonPaidLate))
	words := map[string]bool{}
	for _, reason := range seckill.Reasons {
		assert.Regexp(t, `^[a-z_]+: .`, reason)
		words[seckill.ReasonWord(reason)] = true
	}
	assert.Len(t, words, len(seckill.Reasons), "no two have the same")
}
