// Package house tests the rules of the code itself: which part of the project may
// import which, and how long a file may be.
package house

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/seckill-go/seckill/"

const proof = "internal/proof/"

// rules says, for each folder, which other folders of the project it may
// import. Imports go one way: cmd → web, worker → the adapters → seckill.
// Adapters never import each other. Those who mount calls on web import it, and
// never each other; it knows none of them. What lies between two systems may also
// import internal/fault: a fault point has to stand in the code whose death it
// tries out, and it knows nothing of the project but the domain's error codes. Nor
// does internal/coalesce, by which gate and ledger each serve many calls at once,
// internal/database, on whose transactions all of SQL stands, or internal/seldom, which
// keeps logs short.
var rules = []struct {
	under   string // the longest match applies
	allowed []string
}{
	{"cmd", []string{"web", "worker", "seckill", "internal", "configs"}},
	{"configs", nil},
	{"web", []string{"web/token", "seckill", "internal/seldom"}},
	{"web/token", []string{"seckill"}},
	{"web/buyer", []string{"web", "web/token", "seckill", "internal/fault"}},
	{"web/operator", []string{"web", "seckill", "internal/fault", "internal/salefile"}},
	{"web/callback", []string{"web", "seckill", "internal/fault"}},
	{"web/rehearsal", []string{"web", "web/token", "seckill"}},
	{"web/ui", nil},
	{"web/mockpay", []string{"seckill"}},
	{"web/rpc", []string{"seckill", "web/rpc", "internal/seldom"}},
	{"worker", []string{"seckill", "internal/fault"}},
	{"seckill", nil},
	{"seckill/gate", []string{"seckill", "seckill/gate", "internal/coalesce", "internal/fault", "internal/seldom"}},
	{"seckill/ledger", []string{"seckill", "seckill/ledger", "internal/coalesce", "internal/database", "internal/fault"}},
	{"seckill/inventory", []string{"seckill", "internal/coalesce", "internal/database"}},
	{"seckill/broker", []string{"seckill", "seckill/broker"}},
	{"seckill/payment", []string{"seckill", "seckill/payment"}},
	{"seckill/lock", []string{"seckill", "seckill/lock"}},
	{"seckill/fair", []string{"seckill"}},
	{"seckill/fair/proof", nil}, // what checks a draw knows nothing of what made it
	{"internal", []string{"seckill", "internal"}},
	{"internal/proof", []string{"seckill", "internal", "web"}},
	{"internal/coalesce", []string{"seckill"}},
	{"internal/database", []string{"seckill", "internal/database", "internal/fault"}},
	{"internal/fault", []string{"seckill"}},
	{"internal/seldom", nil},
}

func TestImportsGoOneWay(t *testing.T) {
	for pkg, imports := range packages(t) {
		allowed, ok := ruleFor(pkg)
		require.True(t, ok, "package %s lies outside the house plan", pkg)
		for _, imported := range imports {
			if name, own := strings.CutPrefix(imported, module); own && !permits(pkg, allowed, name) {
				t.Errorf("%s imports %s, which goes against the direction cmd → web, worker → adapters → seckill", pkg, name)
			}
		}
	}
}

func TestDomainUsesTheStandardLibraryAlone(t *testing.T) {
	for _, imported := range packages(t)["seckill"] {
		first, _, _ := strings.Cut(imported, "/")
		require.NotContains(t, first, ".", "package seckill imports %s", imported)
	}
	for _, io := range []string{"net", "net/http", "os", "database/sql", "io", "log/slog"} {
		require.NotContains(t, packages(t)["seckill"], io, "package seckill does no I/O")
	}
}

func TestTheRulesRefuseWhatTheyShould(t *testing.T) {
	for _, row := range [][2]string{
		{"seckill", "seckill/gate"},
		{"seckill/gate", "seckill/ledger"},
		{"seckill/broker/x", "seckill/payment"},
		{"seckill/gate/test", "worker"},
		{"web", "worker"},
		{"worker", "web"},
		{"worker/x", "internal/config"},
		{"seckill/ledger", "internal/proof/testkit"},
		{"seckill/payment", "internal/fault"},
		{"seckill/lock", "seckill/gate"},
		{"seckill/lock", "internal/fault"},
		{"seckill/fair", "seckill/fair/proof"},
		{"seckill/fair/proof", "seckill"},
		{"seckill/fair/proof", "seckill/fair"},
		{"internal/fault", "seckill/broker"},
		{"internal/coalesce", "seckill/gate"},
		{"internal/database", "seckill/ledger"},
		{"seckill/inventory", "seckill/ledger"},
		{"seckill/ledger", "seckill/inventory"},
		{"internal/config", "internal/proof/testkit"},
		{"cmd/seckill", "internal/proof/bench"},
		{"web", "web/buyer"},
		{"web", "web/operator"},
		{"web", "web/callback"},
		{"web", "web/rehearsal"},
		{"web", "internal/fault"},
		{"web/buyer", "web/operator"},
		{"web/buyer", "web/callback"},
		{"web/operator", "web/buyer"},
		{"web/operator", "web/rehearsal"},
		{"web/callback", "web/buyer"},
		{"web/callback", "web/token"},
		{"web/rehearsal", "web/operator"},
		{"web/token", "web"},
		{"web/ui", "web"},
		{"web/mockpay", "web"},
		{"web/rpc", "web"},
		{"web/rpc", "web/operator"},
		{"web/operator", "internal/proof/webtest"},
		{"internal/proof/webtest", "worker"},
	} {
		from, to := row[0], row[1]
		allowed, ok := ruleFor(from)
		require.True(t, ok, from)
		require.False(t, permits(from, allowed, to), "%s → %s", from, to)
	}
}

// permits tells whether a rule allows an import. "seckill" as such means the
// domain and, to those above the adapters, the adapters too; "web" likewise. What shows that the
// product is right is no part of it: it alone imports itself, and tests do.
func permits(pkg string, allowed []string, name string) bool {
	if strings.HasPrefix(name, proof) && !strings.HasPrefix(pkg, proof) {
		return false
	}
	for _, a := range allowed {
		if name == a {
			return true
		}
		if strings.HasPrefix(name, a+"/") && !itself(a, pkg) {
			return true
		}
	}
	return false
}

// itself tells whether a folder, to a package, is its own package alone: the domain to
// what is below it, and web to those who mount calls there.
func itself(folder, pkg string) bool {
	switch folder {
	case "seckill":
		return strings.HasPrefix(pkg, "seckill/") || pkg == "internal/fault" || pkg == "internal/coalesce" || strings.HasPrefix(pkg, "internal/database")
	case "web":
		return strings.HasPrefix(pkg, "web/")
	default:
		return false
	}
}

func ruleFor(pkg string) (allowed []string, found bool) {
	longest := -1
	for _, r := range rules {
		if (pkg == r.under || strings.HasPrefix(pkg, r.under+"/")) && len(r.under) > longest {
			allowed, found, longest = r.allowed, true, len(r.under)
		}
	}
	return allowed, found
}

// packages lists the project's packages with what their code, tests left out,
// imports.
func packages(t *testing.T) map[string][]string {
	t.Helper()
	cmd := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "./...")
	cmd.Dir = "../../.."
	out, err := cmd.Output()
	require.NoError(t, err)
	all := make(map[string][]string)
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		if name, ok := strings.CutPrefix(fields[0], module); ok {
			all[name] = fields[1:]
		}
	}
	require.Contains(t, all, "seckill")
	return all
}
