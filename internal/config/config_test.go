package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	goodSecret  = "0123456789abcdef0123456789abcdef"
	goodToken   = "admin-0123456789abcdef0123456789"
	goodWebhook = "whsec_Y2FsbGJhY2tzLTAxMjM0NTY3ODlhYmNkZWYwMTIzNDU="
)

// external is an environment with which external mode starts.
func external(more ...string) []string {
	return append([]string{
		"SECKILL_MODE=external",
		"SECKILL_REDIS_ADDRS=127.0.0.1:6379",
		"SECKILL_MYSQL_DSN=user:pass@tcp(127.0.0.1:3306)/seckill",
		"SECKILL_RABBITMQ_URL=amqp://user:pass@127.0.0.1:5672/",
		"SECKILL_AUTH_HS256_SECRET=" + goodSecret,
		"SECKILL_ADMIN_TOKEN=" + goodToken,
		"SECKILL_PAYMENT_STANDARD_SECRET=" + goodWebhook,
	}, more...)
}

func without(environ []string, name string) []string {
	var rest []string
	for _, v := range environ {
		if !strings.HasPrefix(v, name+"=") {
			rest = append(rest, v)
		}
	}
	return rest
}

// embedded is an environment with a data folder of the test's own.
func embedded(t *testing.T, more ...string) []string {
	return append([]string{"SECKILL_DATA_DIR=" + filepath.Join(t.TempDir(), "data")}, more...)
}

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "seckill.yaml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func flags(t *testing.T, args ...string) *pflag.FlagSet {
	t.Helper()
	set := pflag.NewFlagSet("test", pflag.ContinueOnError)
	AddFlags(set)
	require.NoError(t, set.Parse(args))
	return set
}

func TestNothingSetGivesTheDefaults(t *testing.T) {
	t.Chdir(t.TempDir())
	cfg, sources, err := Load(Input{Role: RoleServe})
	require.NoError(t, err)
	assert.Equal(t, Defaults(Embedded), cfg)
	assert.Len(t, sources, len(keys))
	for name, from := range sources {
		assert.Equal(t, SourceDefault, from, name)
	}
}

func TestDefaultsDependOnTheMode(t *testing.T) {
	cfg, _, err := Load(Input{Environ: external(), Role: RoleServe})
	require.NoError(t, err)
	assert.Equal(t, "admitted", cfg.Admission.Ack)
	assert.Equal(t, "json", cfg.Log.Format)
	assert.False(t, cfg.Auth.DemoLogin || cfg.Payment.Mock || cfg.ExampleSale || cfg.MySQL.AutoMigrate)
	in := Defaults(Embedded)
	assert.Equal(t, "settled", in.Admission.Ack)
	assert.True(t, in.Auth.DemoLogin && in.Payment.Mock && in.ExampleSale && in.MySQL.AutoMigrate)
}

func TestTheLaterSourceWins(t *testing.T) {
	file := write(t, "http: {addr: 127.0.0.1:1001, public_url: http://file}\nops: {addr: 127.0.0.1:1003}\nlog: {level: warn}\n")
	cfg, sources, err := Load(Input{
		File:    file,
		Environ: embedded(t, "SECKILL_HTTP_ADDR=127.0.0.1:2001", "SECKILL_LOG_LEVEL=error", "HOME=/x"),
		Flags:   flags(t, "--log.level=debug", "--auth.demo_login"),
	})
	require.NoError(t, err)
	assert.Equal(t, "127.0.0.1:2001", cfg.HTTP.Addr)
	assert.Equal(t, "http://file", cfg.HTTP.PublicURL)
	assert.Equal(t, "debug", cfg.Log.Level)
	assert.True(t, cfg.Auth.DemoLogin)
	assert.Equal(t, Source("env SECKILL_HTTP_ADDR"), sources["http.addr"])
	assert.Equal(t, Source("file "+file), sources["ops.addr"])
	assert.Equal(t, Source("flag --log.level"), sources["log.level"])
	assert.Equal(t, SourceDefault, sources["redis.prefix"])
}

func TestEveryKindOfValueIsReadFromFileAndEnvironment(t *testing.T) {
	want := func(cfg Config) {
		assert.Equal(t, []string{"a:1", "b:2"}, cfg.Redis.Addrs)
		assert.Equal(t, 3*time.Second, cfg.Redis.Timeout)
		assert.Equal(t, 7, cfg.Redis.PoolSize)
		assert.True(t, cfg.Redis.TLS)
		assert.InDelta(t, 2.5, cfg.Limits.PerIPRPS, 0)
		assert.Equal(t, int64(1000), cfg.Admission.MaxInFlight)
		assert.Zero(t, cfg.Admission.SoldOutTTL)
		assert.Equal(t, Secret("p:w"), cfg.Redis.Password)
	}
	cfg, _, err := Load(Input{Environ: embedded(t), File: write(t, `
redis: {addrs: ["a:1", "b:2"], timeout: 3s, pool_size: 7, tls: true, password: "p:w"}
limits: {per_ip_rps: 2.5}
admission: {max_in_flight: 1000, sold_out_ttl: 0}
log:
`)})
	require.NoError(t, err)
	want(cfg)
	cfg, _, err = Load(Input{Environ: embedded(t, "SECKILL_REDIS_ADDRS=a:1, b:2", "SECKILL_REDIS_TIMEOUT=3s",
		"SECKILL_REDIS_POOL_SIZE=7", "SECKILL_REDIS_TLS=true", "SECKILL_REDIS_PASSWORD=p:w", "SECKILL_LIMITS_PER_IP_RPS=2.5",
		"SECKILL_ADMISSION_MAX_IN_FLIGHT=1000", "SECKILL_ADMISSION_SOLD_OUT_TTL=0s")})
	require.NoError(t, err)
	want(cfg)
}

// TestWhatIsWrongIsNamed covers each key's own rule and each rule between keys.
func TestWhatIsWrongIsNamed(t *testing.T) {
	cases := map[string]struct {
		file    string
		environ []string
		want    []string // lines that begin the error
	}{
		"unknown in the file":        {file: "htpp: {addr: x}", want: []string{"htpp.addr: is not a known key"}},
		"unknown below a section":    {file: "http: {adr: x}", want: []string{"http.adr: is not a known key"}},
		"text for a section":         {file: "http: x", want: []string{"http: is not a known key"}},
		"unknown in the environment": {environ: []string{"SECKILL_HTTP_ADR=x"}, want: []string{"SECKILL_HTTP_ADR: is not a known key"}},
		"kinds and rules":            {file: "log: {level: loud}", environ: []string{"SECKILL_REDIS_TIMEOUT=2"}, want: []string{"redis.timeout: ", "log.level: must be"}},
		"all at once": {file: "a: 1\nlog: {level: 7}", environ: []string{"SECKILL_B=1", "SECKILL_REDIS_TIMEOUT=2"},
			want: []string{"a: is not", "log.level: must be text", "SECKILL_B: is not", "redis.timeout: must be a duration"}},
		"mode":                {environ: []string{"SECKILL_MODE=both"}, want: []string{"mode: must be embedded or external"}},
		"duration as number":  {file: "redis: {timeout: 2}", want: []string{"redis.timeout: must be a duration"}},
		"number as text":      {file: "redis: {pool_size: many}", want: []string{"redis.pool_size: must be a whole number"}},
		"number with a part":  {file: "redis: {pool_size: 1.5}", want: []string{"redis.pool_size: must be a whole number"}},
		"bool":                {environ: []string{"SECKILL_REDIS_TLS=maybe"}, want: []string{"redis.tls: must be true or false"}},
		"list of numbers":     {file: "redis: {addrs: [1, 2]}", want: []string{"redis.addrs: must be a list of texts"}},
		"not a number":        {environ: []string{"SECKILL_LIMITS_PER_IP_RPS=NaN"}, want: []string{"limits.per_ip_rps: must be a number"}},
		"level":               {environ: []string{"SECKILL_LOG_LEVEL=loud"}, want: []string{"log.level: must be debug or"}},
		"format":              {environ: []string{"SECKILL_LOG_FORMAT=xml"}, want: []string{"log.format: must be text or json"}},
		"address":             {environ: []string{"SECKILL_HTTP_ADDR=8080"}, want: []string{"http.addr: must be host:port"}},
		"port":                {environ: []string{"SECKILL_OPS_ADDR=:99999"}, want: []string{"ops.addr: must be host:port"}},
		"one port for both":   {environ: []string{"SECKILL_OPS_ADDR=127.0.0.1:8080"}, want: []string{"ops.addr: must differ"}},
		"drain":               {environ: []string{"SECKILL_HTTP_DRAIN_TIMEOUT=0s"}, want: []string{"http.drain_timeout: must be 1s to 10m0s"}},
		"proxy":               {environ: []string{"SECKILL_HTTP_TRUSTED_PROXIES=10.1.2.0/28,me"}, want: []string{`http.trusted_proxies: "me" is neither`}},
		"any proxy":           {environ: []string{"SECKILL_HTTP_TRUSTED_PROXIES=0.0.0.0/0,::/0"}, want: []string{`http.trusted_proxies: "0.0.0.0/0" trusts everyone`, `http.trusted_proxies: "::/0" trusts everyone`}},
		"public url's path":   {environ: []string{"SECKILL_HTTP_PUBLIC_URL=https://shop.example/sale"}, want: []string{"http.public_url: must be"}},
		"public url's user":   {environ: []string{"SECKILL_HTTP_PUBLIC_URL=https://u@shop.example"}, want: []string{"http.public_url: must be"}},
		"public url":          {environ: []string{"SECKILL_HTTP_PUBLIC_URL=http://x/"}, want: []string{"http.public_url: must be"}},
		"redis addr":          {environ: []string{"SECKILL_REDIS_ADDRS=localhost"}, want: []string{"redis.addrs: must be host:port each"}},
		"redis user":          {environ: []string{"SECKILL_REDIS_USERNAME=x"}, want: []string{"redis.username: needs redis.password"}},
		"sentinel user":       {environ: []string{"SECKILL_REDIS_MASTER_NAME=sale", "SECKILL_REDIS_SENTINEL_USERNAME=x"}, want: []string{"redis.sentinel_username: needs redis.sentinel_password"}},
		"sentinel without":    {environ: []string{"SECKILL_REDIS_SENTINEL_PASSWORD=x"}, want: []string{"redis.sentinel_password: needs redis.master_name"}},
		"master name":         {environ: []string{"SECKILL_REDIS_MASTER_NAME=my sale"}, want: []string{"redis.master_name: must be"}},
		"redis prefix":        {environ: []string{"SECKILL_REDIS_PREFIX={x}"}, want: []string{"redis.prefix: must be"}},
		"dsn":                 {environ: []string{"SECKILL_MYSQL_DSN=secret"}, want: []string{"mysql.dsn: must have the form"}},
		"dsn without a base":  {environ: []string{"SECKILL_MYSQL_DSN=u:p@tcp(h:1)/"}, want: []string{"mysql.dsn: must have the form"}},
		"broker":              {environ: []string{"SECKILL_RABBITMQ_URL=http://h"}, want: []string{"rabbitmq.url: must have the form"}},
		"short secret":        {environ: []string{"SECKILL_AUTH_HS256_SECRET=short"}, want: []string{"auth.hs256_secret: must be at least 32 bytes"}},
		"short token":         {environ: []string{"SECKILL_ADMIN_TOKEN=short"}, want: []string{"admin.token: must be at least 32 bytes"}},
		"token of 31 bytes":   {environ: []string{"SECKILL_ADMIN_TOKEN=" + goodToken[:31]}, want: []string{"admin.token: must be at least 32 bytes"}},
		"token of one letter": {environ: []string{"SECKILL_ADMIN_TOKEN=" + strings.Repeat("a", 64)}, want: []string{"admin.token: must have at least 8 different"}},
		"token of a few":      {environ: []string{"SECKILL_ADMIN_TOKEN=" + strings.Repeat("1234567", 6)}, want: []string{"admin.token: must have at least 8 different"}},
		"secret of one":       {environ: []string{"SECKILL_AUTH_HS256_SECRET=" + strings.Repeat("x", 32)}, want: []string{"auth.hs256_secret: must have at least 8 different"}},
		"callbacks of zeros":  {environ: []string{"SECKILL_PAYMENT_STANDARD_SECRET=whsec_" + strings.Repeat("A", 43) + "="}, want: []string{"payment.standard.secret: must have at least 8 different"}},
		"token with a space":  {environ: []string{"SECKILL_ADMIN_TOKEN=" + goodToken + " x"}, want: []string{"admin.token: must be visible"}},
		"secret's line end":   {environ: []string{"SECKILL_AUTH_HS256_SECRET=" + goodSecret + "\n"}, want: []string{"auth.hs256_secret: must not begin or end with a space"}},
		"secret of a block":   {file: "auth:\n  hs256_secret: |\n    " + goodSecret + "\n", want: []string{"auth.hs256_secret: must not begin or end with a space"}},
		"one secret for both": {environ: []string{"SECKILL_ADMIN_TOKEN=" + goodSecret, "SECKILL_AUTH_HS256_SECRET=" + goodSecret}, want: []string{"admin.token: must not be the same"}},
		"callbacks by token":  {environ: []string{"SECKILL_PAYMENT_STANDARD_SECRET=" + goodWebhook, "SECKILL_ADMIN_TOKEN=" + goodWebhook}, want: []string{"payment.standard.secret: must not be the same as admin.token"}},
		"callbacks by secret": {environ: []string{"SECKILL_PAYMENT_STANDARD_SECRET=" + goodWebhook, "SECKILL_AUTH_HS256_SECRET=" + strings.TrimPrefix(goodWebhook, "whsec_")}, want: []string{"payment.standard.secret: must not be the same as auth.hs256_secret"}},
		"callbacks decoded":   {environ: []string{"SECKILL_PAYMENT_STANDARD_SECRET=whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=", "SECKILL_AUTH_HS256_SECRET=" + goodSecret}, want: []string{"payment.standard.secret: must not be the same as auth.hs256_secret"}},
		"webhook form":        {environ: []string{"SECKILL_PAYMENT_STANDARD_SECRET=" + goodSecret}, want: []string{"payment.standard.secret: must be whsec_"}},
		"webhook short":       {environ: []string{"SECKILL_PAYMENT_STANDARD_SECRET=whsec_MDEyMzQ1Njc4OWFiY2RlZg=="}, want: []string{"payment.standard.secret: must be whsec_"}},
		"old webhook secret":  {environ: []string{"SECKILL_PAYMENT_STANDARD_SECRET=" + goodWebhook + ",whsec_"}, want: []string{"payment.standard.secret: must be whsec_"}},
		"keys in the open":    {environ: []string{"SECKILL_AUTH_JWKS_URL=http://far.example/keys"}, want: []string{"auth.jwks_url: must be an https address"}},
		"endless tokens":      {environ: []string{"SECKILL_AUTH_MAX_TOKEN_LIFE=0s"}, want: []string{"auth.max_token_life: must be 1m0s to 8784h0m0s"}},
		"checkout":            {environ: []string{"SECKILL_PAYMENT_STANDARD_CHECKOUT_URL=https://pay.example/"}, want: []string{"payment.standard.checkout_url: must be"}},
		"ack":                 {environ: []string{"SECKILL_ADMISSION_ACK=never"}, want: []string{"admission.ack: must be admitted or settled"}},
		"queue":               {environ: []string{"SECKILL_ADMISSION_QUEUE_LIMIT=10"}, want: []string{"admission.queue_limit: must be at least admission.batch_limit"}},
		"least in flight":     {environ: []string{"SECKILL_ADMISSION_MAX_IN_FLIGHT=500"}, want: []string{"admission.min_in_flight: must be at most admission.max_in_flight"}},
		"unload":              {environ: []string{"SECKILL_WORKER_UNLOAD_AFTER=-1s"}, want: []string{"worker.unload_after: must be 0s to 720h0m0s"}},
		"in flight":           {environ: []string{"SECKILL_ADMISSION_MAX_IN_FLIGHT=10", "SECKILL_ADMISSION_MIN_IN_FLIGHT=10"}, want: []string{"admission.max_in_flight: must be at least admission.batch_limit"}},
		"no burst":            {environ: []string{"SECKILL_LIMITS_PER_BUYER_BURST=0"}, want: []string{"limits.per_buyer_burst: must be at least 1"}},
		"connections":         {environ: []string{"SECKILL_HTTP_MAX_CONNECTIONS=-1"}, want: []string{"http.max_connections: must be 0 to 1000000"}},
		"a negative share":    {environ: []string{"SECKILL_LIMITS_STREAMS_PER_IP=-1"}, want: []string{"limits.streams_per_ip: must be 0 to 1000000"}},
		"no number":           {environ: []string{"SECKILL_LIMITS_CONNECTIONS_PER_IP=x"}, want: []string{"limits.connections_per_ip: must be a whole number"}},
		"lease":               {environ: []string{"SECKILL_WORKER_LEASE_TTL=1ms"}, want: []string{"worker.lease_ttl: must be 1s to 10m0s"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			in := Input{Environ: embedded(t, c.environ...)}
			if c.file != "" {
				in.File = write(t, c.file)
			}
			_, _, err := Load(in)
			require.Error(t, err)
			lines := strings.Split(err.Error(), "\n")
			require.Len(t, lines, len(c.want), "%v", err)
			for i, want := range c.want {
				assert.True(t, strings.HasPrefix(lines[i], want), "%q does not begin with %q", lines[i], want)
			}
			var named *KeyError
			assert.ErrorAs(t, err, &named)
		})
	}
}

func TestNoErrorRepeatsASecret(t *testing.T) {
	const bad = "hunter2"
	for _, k := range keys {
		if !k.secret() {
			continue
		}
		_, _, err := Load(Input{Environ: embedded(t, k.env()+"="+bad)})
		if err != nil {
			assert.NotContains(t, err.Error(), bad, k.name)
		}
		section, leaf := k.name[:strings.LastIndex(k.name, ".")], k.name[strings.LastIndex(k.name, ".")+1:]
		text := fmt.Sprintf("{%s: [%s]}", leaf, bad)
		for _, part := range reversed(strings.Split(section, ".")) {
			text = fmt.Sprintf("{%s: %s}", part, text)
		}
		_, _, err = Load(Input{Environ: embedded(t), File: write(t, text)})
		require.Error(t, err, k.name)
		assert.NotContains(t, err.Error(), bad, k.name)
	}
}

func reversed(list []string) []string {
	var r []string
	for i := len(list) - 1; i >= 0; i-- {
		r = append(r, list[i])
	}
	return r
}

func TestVariablesOfTestsAndScriptsAreNotOurs(t *testing.T) {
	_, _, err := Load(Input{Environ: embedded(t, "SECKILL_TEST_REDIS_ADDR=x", "SECKILL_SERVICES_DIR=x", "SECKILL_FAULT=x", "SECKILLER=x")})
	assert.NoError(t, err)
	for _, variable := range []string{"SECKILL_SERVICES_DIRS=x", "SECKILL_FAULTS=x"} {
		_, _, err = Load(Input{Environ: embedded(t, variable)})
		assert.Error(t, err, variable)
	}
}

func TestAFileThatCannotBeReadStopsTheStart(t *testing.T) {
	for path, want := range map[string]string{
		filepath.Join(t.TempDir(), "none.yaml"):      "no such file",
		write(t, "a: [\n"):                           "is not right YAML: line 1: ",
		write(t, "mode: embedded\nmode: external\n"): `is not right YAML: line 2: mapping key "mode" already defined`,
		write(t, "- mode\n"):                         "is not right YAML: line 1: must be sections with keys",
	} {
		_, _, err := Load(Input{File: path, Environ: embedded(t)})
		assert.ErrorContains(t, err, path)
		assert.ErrorContains(t, err, want)
		assert.NotContains(t, err.Error(), "\n")
		assert.NotContains(t, err.Error(), "interface")
	}
}

func TestExternalModeNeedsItsServersAndSecrets(t *testing.T) {
	serve := []string{"redis.addrs", "mysql.dsn", "rabbitmq.url", "auth.hs256_secret", "admin.token", "payment.standard.secret"}
	for role, needed := range map[Role][]string{
		RoleServe:   serve,
		RoleCheck:   serve,
		RoleWorker:  {"redis.addrs", "mysql.dsn", "rabbitmq.url", "payment.standard.secret"},
		RoleWeb:     {"redis.addrs", "mysql.dsn", "auth.hs256_secret", "admin.token", "payment.standard.secret"},
		RoleMigrate: {"mysql.dsn"},
		RoleToken:   {"auth.hs256_secret"},
		RoleAdmin:   nil,
		RoleStock:   {"redis.addrs", "mysql.dsn"},
	} {
		_, _, err := Load(Input{Environ: external(), Role: role})
		require.NoError(t, err)
		for _, name := range serve {
			k, _ := keyNamed(name)
			_, _, err := Load(Input{Environ: without(external(), k.env()), Role: role})
			var wrong *KeyError
			if assert.Equal(t, contains(needed, name), errors.As(err, &wrong), "role %d without %s: %v", role, name, err) && err != nil {
				assert.Equal(t, name, wrong.Key)
			}
		}
	}
}

func contains(list []string, s string) bool {
	for _, e := range list {
		if e == s {
			return true
		}
	}
	return false
}

func TestPublicKeysStandInForTheSharedSecret(t *testing.T) {
	environ := without(external("SECKILL_AUTH_JWKS_URL=https://login.example/keys"), "SECKILL_AUTH_HS256_SECRET")
	_, _, err := Load(Input{Environ: environ, Role: RoleServe})
	require.NoError(t, err)
	_, _, err = Load(Input{Environ: append(environ, "SECKILL_AUTH_DEMO_LOGIN=true"), Role: RoleServe})
	assert.ErrorContains(t, err, "auth.demo_login: needs auth.hs256_secret")
}

func TestWebAndWorkerAloneAreExternal(t *testing.T) {
	for _, role := range []Role{RoleWeb, RoleWorker} {
		_, _, err := Load(Input{Environ: embedded(t), Role: role})
		assert.ErrorContains(t, err, "mode: must be external")
	}
}

func TestSecretsHaveNoFlag(t *testing.T) {
	set := pflag.NewFlagSet("test", pflag.ContinueOnError)
	AddFlags(set)
	for _, k := range keys {
		assert.Equal(t, k.secret(), set.Lookup(k.name) == nil, k.name)
	}
	assert.False(t, set.Lookup("http.addr").Hidden)
}

func TestWarnings(t *testing.T) {
	cfg, _, err := Load(Input{Environ: append(embedded(t), "SECKILL_REDIS_ADDRS=a:1", "SECKILL_RABBITMQ_URL=amqp://h")})
	require.NoError(t, err)
	assert.Len(t, cfg.Warnings(), 2)
}

// What lets strangers in must not be silent.
func TestUnsafeExposureIsWarnedOf(t *testing.T) {
	for name, c := range map[string]struct {
		environ []string
		warned  []string
	}{
		"embedded, as it comes":        {embedded(t), nil},
		"embedded on all interfaces":   {append(embedded(t), "SECKILL_HTTP_ADDR=:8080"), []string{"auth.demo_login", "payment.mock"}},
		"embedded on an address":       {append(embedded(t), "SECKILL_HTTP_ADDR=192.0.2.1:8080"), []string{"auth.demo_login", "payment.mock"}},
		"embedded, reachable and safe": {append(embedded(t), "SECKILL_HTTP_ADDR=[::]:8080", "SECKILL_AUTH_DEMO_LOGIN=0", "SECKILL_PAYMENT_MOCK=0"), nil},
		"operations port":              {append(embedded(t), "SECKILL_OPS_ADDR=0.0.0.0:9090"), []string{"ops.addr"}},
		"operations port, named":       {append(embedded(t), "SECKILL_OPS_ADDR=192.0.2.1:9090"), nil},
		"external, on this machine":    {external("SECKILL_REDIS_ADDRS=localhost:1", "SECKILL_MYSQL_DSN=u:p@tcp(127.0.0.1:1)/d", "SECKILL_RABBITMQ_URL=amqp://u:p@[::1]:1/"), nil},
		"external, elsewhere":          {external("SECKILL_REDIS_ADDRS=redis:1", "SECKILL_MYSQL_DSN=u:p@tcp(mysql:1)/d", "SECKILL_RABBITMQ_URL=amqp://u:p@rabbitmq/"), []string{"mysql.dsn", "rabbitmq.url", "redis.tls"}},
		"external, encrypted":          {external("SECKILL_REDIS_ADDRS=redis:1", "SECKILL_REDIS_TLS=1", "SECKILL_MYSQL_DSN=u:p@tcp(mysql:1)/d?tls=true", "SECKILL_RABBITMQ_URL=amqps://u:p@rabbitmq/"), nil},
		"external, for trying out": {external("SECKILL_REDIS_ADDRS=localhost:1", "SECKILL_MYSQL_DSN=u:p@unix(/s)/d", "SECKILL_RABBITMQ_URL=amqp://u:p@localhost/",
			"SECKILL_AUTH_DEMO_LOGIN=1", "SECKILL_PAYMENT_MOCK=1"), []string{"auth.demo_login", "payment.mock"}},
	} {
		t.Run(name, func(t *testing.T) {
			cfg, _, err := Load(Input{Environ: c.environ})
			require.NoError(t, err)
			var keys []string
			for _, w := range cfg.Warnings() {
				key, _, _ := strings.Cut(w, ":")
				keys = append(keys, key)
			}
			assert.Equal(t, c.warned, keys)
		})
	}
}

func TestPublicKeysWithoutIssuerAndAudienceAreWarnedOf(t *testing.T) {
	for want, environ := range map[string][]string{
		"auth.jwks_url: is set without auth.audience and auth.issuer:": {},
		"auth.jwks_url: is set without auth.audience:":                 {"SECKILL_AUTH_ISSUER=https://login.example"},
		"auth.jwks_url: is set without auth.issuer:":                   {"SECKILL_AUTH_AUDIENCE=shop"},
		"": {"SECKILL_AUTH_ISSUER=https://login.example", "SECKILL_AUTH_AUDIENCE=shop"},
	} {
		environ = append(environ, "SECKILL_AUTH_JWKS_URL=https://login.example/keys")
		for _, all := range [][]string{external(environ...), embedded(t, environ...)} {
			cfg, _, err := Load(Input{Environ: all})
			require.NoError(t, err)
			if warned := strings.Join(cfg.Warnings(), "\n"); want == "" {
				assert.Empty(t, warned)
			} else {
				assert.Contains(t, warned, want)
			}
		}
	}
}

func TestPublicURL(t *testing.T) {
	for listening, want := range map[string]string{
		"127.0.0.1:8080": "http://127.0.0.1:8080",
		"0.0.0.0:80":     "http://127.0.0.1:80",
		"[::]:80":        "http://127.0.0.1:80",
		":80":            "http://127.0.0.1:80",
		"shop:80":        "http://shop:80",
	} {
		assert.Equal(t, want, Config{}.PublicURL(listening))
	}
	assert.Equal(t, "https://x", Config{HTTP: HTTP{PublicURL: "https://x"}}.PublicURL(":80"))
}
