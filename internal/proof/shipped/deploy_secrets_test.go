package shipped

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/seckill-go/seckill/internal/config"
)

// mayHave says which secrets a container or pod needs. A stolen one gives nothing else away.
var mayHave = map[string][]string{
	"redis":    {"SECKILL_REDIS_PASSWORD"},
	"rabbitmq": {"RABBITMQ_DEFAULT_PASS"},
	"mysql":    {"MYSQL_PASSWORD"},
	"migrate":  {"SECKILL_MYSQL_DSN"},
	"worker":   {"SECKILL_REDIS_PASSWORD", "SECKILL_RABBITMQ_URL", "SECKILL_MYSQL_DSN", "SECKILL_PAYMENT_STANDARD_SECRET"},
	"web": {"SECKILL_REDIS_PASSWORD", "SECKILL_RABBITMQ_URL", "SECKILL_MYSQL_DSN", "SECKILL_PAYMENT_STANDARD_SECRET",
		"SECKILL_AUTH_HS256_SECRET", "SECKILL_ADMIN_TOKEN"},
}

var secretVariable = regexp.MustCompile(`\b[A-Z0-9_]+(?:PASSWORD|PASS|TOKEN|SECRET|DSN|RABBITMQ_URL)\b`)

func TestEachContainerHasItsOwnSecretsAlone(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "compose")
	out, err := exec.Command(root+"/scripts/compose-env.sh", folder).CombinedOutput()
	require.NoError(t, err, "%s", out)
	compose, err := os.ReadFile(root + "/docker-compose.yml")
	require.NoError(t, err)
	var services struct {
		Services map[string]struct {
			EnvFile string `yaml:"env_file"`
		} `yaml:"services"`
	}
	require.NoError(t, yaml.Unmarshal(compose, &services))
	require.Len(t, services.Services, len(mayHave))
	for container, s := range services.Services {
		require.Equal(t, "deploy/compose/"+container+".env", s.EnvFile)
		b, err := os.ReadFile(filepath.Join(folder, container+".env"))
		require.NoError(t, err)
		var has []string
		for line := range strings.Lines(string(b)) {
			if name, _, set := strings.Cut(line, "="); set && secretVariable.MatchString(name) && name != "MYSQL_RANDOM_ROOT_PASSWORD" {
				has = append(has, name)
			}
		}
		assert.ElementsMatch(t, mayHave[container], has, container)
	}
}

func TestEachPodHasItsOwnSecretsAlone(t *testing.T) {
	t.Parallel()
	has := map[string][]string{}
	for _, document := range documents(t, "secret.example.yaml") {
		name := document["metadata"].(map[string]any)["name"].(string)
		for variable := range document["stringData"].(map[string]any) {
			has[strings.TrimPrefix(name, "seckill-")] = append(has[strings.TrimPrefix(name, "seckill-")], variable)
		}
	}
	for _, pod := range []string{"web", "worker", "migrate"} {
		assert.ElementsMatch(t, mayHave[pod], has[pod], pod)
		text, err := os.ReadFile(root + "/deploy/kubernetes/" + pod + ".yaml")
		require.NoError(t, err)
		named := regexp.MustCompile(`secretRef: \{name: ([a-z-]+)\}`).FindAllStringSubmatch(string(text), -1)
		require.Len(t, named, 1)
		assert.Equal(t, "seckill-"+pod, named[0][1])
	}
}

// The operations port tells everything and has no password.
func TestTheOperationsPortIsClosedToThePublic(t *testing.T) {
	t.Parallel()
	dockerfile, err := os.ReadFile(root + "/deploy/Dockerfile")
	require.NoError(t, err)
	assert.NotContains(t, string(dockerfile), "EXPOSE 8080 9090")
	assert.NotContains(t, string(dockerfile), "SECKILL_OPS_ADDR=")
	environ := regexp.MustCompile(`SECKILL_[A-Z0-9_]+=\S+`).FindAllString(string(dockerfile), -1)
	cfg, _, err := config.Load(config.Input{Environ: environ, Role: config.RoleServe})
	require.NoError(t, err)
	assert.Empty(t, cfg.Warnings(), "the image as it comes")

	for _, pod := range []string{"web", "worker"} {
		var open []string
		for _, policy := range documents(t, "network.yaml") {
			spec := policy["spec"].(map[string]any)
			if spec["podSelector"].(map[string]any)["matchLabels"].(map[string]any)["app"] != "seckill-"+pod {
				continue
			}
			assert.Equal(t, []any{"Ingress"}, spec["policyTypes"])
			for _, rule := range spec["ingress"].([]any) {
				r := rule.(map[string]any)
				port := r["ports"].([]any)[0].(map[string]any)["port"]
				if port == "ops" {
					assert.NotEmpty(t, r["from"], "the operations port of %s is open to all", pod)
				}
				open = append(open, port.(string))
			}
		}
		assert.Contains(t, open, "ops", pod)
	}
	kustomization, err := os.ReadFile(root + "/deploy/kubernetes/kustomization.yaml")
	require.NoError(t, err)
	assert.Contains(t, string(kustomization), "network.yaml")
}

// documents reads all YAML documents of a file of deploy/kubernetes.
func documents(t *testing.T, name string) (list []map[string]any) {
	t.Helper()
	b, err := os.ReadFile(root + "/deploy/kubernetes/" + name)
	require.NoError(t, err)
	d := yaml.NewDecoder(bytes.NewReader(b))
	for {
		var document map[string]any
		err := d.Decode(&document)
		if errors.Is(err, io.EOF) {
			return list
		}
		require.NoError(t, err, name)
		list = append(list, document)
	}
}
