package fault

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// declared reads the constants of names.go, in their order.
func declared(t *testing.T) (found []Name) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "names.go", nil, parser.ParseComments)
	require.NoError(t, err)
	ast.Inspect(file, func(n ast.Node) bool {
		decl, ok := n.(*ast.GenDecl)
		if !ok || decl.Tok != token.CONST {
			return true
		}
		for _, spec := range decl.Specs {
			spec := spec.(*ast.ValueSpec)
			require.NotNil(t, spec.Doc, "%s has no comment", spec.Names[0])
			text, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			require.NoError(t, err)
			found = append(found, Name(text))
		}
		return false
	})
	return found
}

func TestNamesListsWhatIsDeclared(t *testing.T) {
	require.Equal(t, declared(t), Names())
}

func TestTheDocumentationListsEveryPoint(t *testing.T) {
	text, err := os.ReadFile("../../docs/faults.md")
	require.NoError(t, err)
	var documented []Name
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z]+\\.[a-z]+)` \\|").FindAllStringSubmatch(string(text), -1) {
		documented = append(documented, Name(row[1]))
	}
	require.Equal(t, Names(), documented, "the table in docs/faults.md")
}
