package config

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func loadEmbedded(t *testing.T, environ []string) (Config, Sources) {
	t.Helper()
	cfg, sources, err := Load(Input{Environ: environ, Role: RoleServe})
	require.NoError(t, err)
	return cfg, sources
}

func TestEmbeddedModeMakesItsSecretsOnce(t *testing.T) {
	environ := embedded(t)
	cfg, sources := loadEmbedded(t, environ)
	assert.NoDirExists(t, cfg.DataDir, "looking at the settings made files")
	require.NoError(t, PrepareData(&cfg, sources))
	require.Empty(t, cfg.validate(RoleServe), "the made secrets break the rules")
	assert.NotEqual(t, string(cfg.Admin.Token), string(cfg.Auth.HS256Secret))
	assert.Equal(t, Source("file "+cfg.SecretsFile()), sources["admin.token"])

	again, sources := loadEmbedded(t, environ)
	require.NoError(t, PrepareData(&again, sources))
	assert.Equal(t, cfg, again)

	dir, err := os.Stat(cfg.DataDir)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o700), dir.Mode().Perm())
	file, err := os.Stat(cfg.SecretsFile())
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), file.Mode().Perm())
	entries, err := os.ReadDir(cfg.DataDir)
	require.NoError(t, err)
	assert.Len(t, entries, 1, "drafts were left behind")
}

func TestASetSecretIsNotReplaced(t *testing.T) {
	cfg, sources := loadEmbedded(t, embedded(t, "SECKILL_ADMIN_TOKEN="+goodToken))
	require.NoError(t, PrepareData(&cfg, sources))
	assert.Equal(t, goodToken, string(cfg.Admin.Token))
	assert.Equal(t, Source("env SECKILL_ADMIN_TOKEN"), sources["admin.token"])
}

func TestASecretThatIsMissingFromTheFileIsAdded(t *testing.T) {
	environ := embedded(t)
	cfg, _ := loadEmbedded(t, environ)
	require.NoError(t, os.MkdirAll(cfg.DataDir, 0o700))
	require.NoError(t, os.WriteFile(cfg.SecretsFile(), []byte("admin.token: "+goodToken+"\n"), 0o600))
	cfg, sources := loadEmbedded(t, environ)
	require.NoError(t, PrepareData(&cfg, sources))
	assert.Equal(t, goodToken, string(cfg.Admin.Token))
	assert.NotEmpty(t, cfg.Auth.HS256Secret)
	again, _ := loadEmbedded(t, environ)
	assert.Equal(t, cfg, again)
}

func TestProcessesThatStartTogetherShareTheSecrets(t *testing.T) {
	environ := embedded(t)
	var starting sync.WaitGroup
	made := make([]Config, 8)
	for i := range made {
		starting.Go(func() {
			cfg, sources, err := Load(Input{Environ: environ})
			if err == nil {
				err = PrepareData(&cfg, sources)
			}
			if err != nil {
				t.Error(err)
			}
			made[i] = cfg
		})
	}
	starting.Wait()
	for _, cfg := range made {
		assert.Equal(t, made[0], cfg)
	}
}

func TestSecretsThatOthersCanReadStopTheStart(t *testing.T) {
	environ := embedded(t)
	cfg, _ := loadEmbedded(t, environ)
	require.NoError(t, os.MkdirAll(cfg.DataDir, 0o700))
	for name, c := range map[string]struct {
		text string
		mode os.FileMode
		want string
	}{
		"open":    {"admin.token: " + goodToken, 0o640, "can be read by others"},
		"unknown": {"http.addr: x", 0o600, "http.addr: is not a known secret"},
		"broken":  {"- " + goodToken, 0o600, "is not a list of keys and texts"},
		"short":   {"admin.token: hunter2", 0o600, "and the next start makes a good one"},
	} {
		require.NoError(t, os.WriteFile(cfg.SecretsFile(), []byte(c.text), c.mode))
		require.NoError(t, os.Chmod(cfg.SecretsFile(), c.mode))
		_, _, err := Load(Input{Environ: environ})
		require.ErrorContains(t, err, c.want, name)
		assert.NotContains(t, err.Error(), goodToken, name)
	}
}

func TestADataFolderThatIsInUseKeepsItsRights(t *testing.T) {
	cfg := Defaults(Embedded)
	cfg.DataDir = t.TempDir()
	require.NoError(t, os.Chmod(cfg.DataDir, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(cfg.DataDir, "other"), nil, 0o644))
	require.NoError(t, PrepareData(&cfg, Sources{}))
	dir, err := os.Stat(cfg.DataDir)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o755), dir.Mode().Perm())
}

func TestExternalModeMakesNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	cfg, sources, err := Load(Input{Environ: external("SECKILL_DATA_DIR=" + dir)})
	require.NoError(t, err)
	require.NoError(t, PrepareData(&cfg, sources))
	assert.NoDirExists(t, dir)
}

func TestSecretsShowNowhere(t *testing.T) {
	cfg, sources, err := Load(Input{Environ: external(
		"SECKILL_REDIS_PASSWORD=redis-pass", "SECKILL_AUTH_JWKS_URL=https://u:jwks-pass@login.example/k?api_key=query-key&bare-token#part",
		"SECKILL_RABBITMQ_URL=amqp://u:rabbit-pass@h/?password=rabbit-query",
		"SECKILL_AUTH_LOGIN_URL=https://shop.example/login?key=login-query", "SECKILL_WEBHOOKS_URL=https://hooks.example/in/hook-path", "SECKILL_WEBHOOKS_SECRET=whsec_"+base64.StdEncoding.EncodeToString([]byte("one of its own, of 32 bytes or so")),
		"SECKILL_MYSQL_DSN=user:my:p@ss?/@tcp(127.0.0.1:3306)/seckill?parseTime=true&session_key=mysql-key")})
	require.NoError(t, err)
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("settings", "token", cfg.Admin.Token, "dsn", cfg.MySQL.DSN)
	shown := fmt.Sprintf("%v\n%+v\n%#v\n%s\n%v", cfg, cfg, cfg, log.String(), Describe(cfg, sources))
	for _, secret := range []string{goodSecret, goodToken, goodWebhook, "redis-pass", "jwks-pass", "my:p@ss", "p@ss", "user:pass@",
		"query-key", "bare-token", "#part", "rabbit-pass", "rabbit-query", "mysql-key", "login-query", "hook-path"} {
		assert.NotContains(t, shown, secret)
	}
}

// A value that is refused may be a secret in the wrong place.
func TestWhatIsRefusedIsNotRepeated(t *testing.T) {
	for _, setting := range []string{"SECKILL_REDIS_ADDRS=redis://:my-secret@h:1", "SECKILL_AUTH_JWKS_URL=http://u:my-secret@h/",
		"SECKILL_PAYMENT_STANDARD_CHECKOUT_URL=https://u:my-secret@h/{order_id}", "SECKILL_MYSQL_DSN=u:my-secret@tcp(h:1)",
		"SECKILL_RABBITMQ_URL=http://u:my-secret@h/", "SECKILL_WEBHOOKS_URL=http://h/my-secret", "SECKILL_AUTH_LOGIN_URL=http://h/?k=my-secret",
		"SECKILL_PAYMENT_STANDARD_API_URL=https://u:my-secret@h/"} {
		_, _, err := Load(Input{Environ: external(setting)})
		require.Error(t, err, setting)
		assert.NotContains(t, err.Error(), "my-secret")
	}
}

func TestDescribeTellsValueAndSource(t *testing.T) {
	cfg, sources, err := Load(Input{Environ: external("SECKILL_REDIS_ADDRS=a:1,b:2", "SECKILL_REDIS_TIMEOUT=3s")})
	require.NoError(t, err)
	shown := map[string]Setting{}
	for _, s := range Describe(cfg, sources) {
		shown[s.Key] = s
	}
	assert.Len(t, shown, len(keys))
	assert.Equal(t, Setting{"redis.addrs", "a:1,b:2", "env SECKILL_REDIS_ADDRS"}, shown["redis.addrs"])
	assert.Equal(t, Setting{"redis.timeout", "3s", "env SECKILL_REDIS_TIMEOUT"}, shown["redis.timeout"])
	assert.Equal(t, Setting{"admin.token", "(hidden)", "env SECKILL_ADMIN_TOKEN"}, shown["admin.token"])
	assert.Equal(t, Setting{"redis.password", "", SourceDefault}, shown["redis.password"])
	assert.Equal(t, "user:xxxxx@tcp(127.0.0.1:3306)/seckill", shown["mysql.dsn"].Value)
	assert.Equal(t, "amqp://user:xxxxx@127.0.0.1:5672/", shown["rabbitmq.url"].Value)
	for hook, value := range map[Hook]string{"": "", "https://h.example": "https://h.example", "https://h.example:8443/": "https://h.example:8443/",
		"https://h.example/key": "https://h.example/xxxxx", "https://u:key@h.example": "https://h.example/xxxxx", "https://h.example?key": "https://h.example/xxxxx", "key": "(hidden)"} {
		assert.Equal(t, value, hook.String())
	}
}

func TestSeveralWebhookSecrets(t *testing.T) {
	assert.Equal(t, []string{"a", "b"}, StandardPayment{Secret: "a, b"}.Secrets())
	assert.Empty(t, StandardPayment{}.Secrets())
}

// A line's end comes with a secret out of a file, and no key takes it for a part of one.
func TestNoSecretHasWhiteSpaceAroundIt(t *testing.T) {
	fits := map[string]string{"admin.token": goodToken, "auth.hs256_secret": goodSecret, "payment.standard.secret": goodWebhook,
		"mysql.dsn": "u:p@tcp(h:1)/base", "rabbitmq.url": "amqp://u:p@h:1/", "redis.sentinel_password": "x",
		"auth.jwks_url": "https://h.example/keys", "auth.login_url": "https://h.example/login", "webhooks.url": "https://h.example/x"}
	for _, k := range keys {
		if !k.secret() {
			continue
		}
		value := cmp.Or(fits[k.name], goodWebhook)
		for _, ragged := range []string{value + "\n", value + "\r\n", " " + value, value + "\t"} {
			_, _, err := Load(Input{Environ: external(k.env() + "=" + ragged)})
			var of []string
			for line := range strings.SplitSeq(fmt.Sprint(err), "\n") {
				if strings.HasPrefix(line, k.name+":") {
					of = append(of, line)
				}
			}
			assert.Len(t, of, 1, "%s: %v", k.name, err)
			assert.ErrorContains(t, err, k.name+": must not begin or end with a space")
		}
	}
}
