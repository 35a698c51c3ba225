package config

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"go.yaml.in/yaml/v3"
)

// madeSecrets are the secrets that embedded mode makes for itself.
var madeSecrets = map[string]func() string{
	"auth.hs256_secret":       randomText,
	"admin.token":             randomText,
	"rpc.token":               randomText,
	"draw.local_secret":       randomText,
	"payment.standard.secret": func() string { return webhookPrefix + base64.StdEncoding.EncodeToString(randomBytes()) },
}

// SecretsFile is where embedded mode keeps the secrets that it made.
func (cfg Config) SecretsFile() string { return filepath.Join(cfg.DataDir, "secrets.yaml") }

// PrepareData makes the data folder, for the owner alone, and the secrets of
// embedded mode that are missing. It changes cfg and sources to tell of them.
// In external mode it does nothing.
func PrepareData(cfg *Config, sources Sources) error {
	if cfg.Mode != Embedded {
		return nil
	}
	if err := makeDir(cfg.DataDir); err != nil {
		return err
	}
	missing, err := missingSecrets(cfg)
	if err != nil || !missing {
		return err
	}
	if err := writeSecrets(cfg.SecretsFile()); err != nil {
		return fmt.Errorf("keep the secrets: %w", err)
	}
	return readSecrets(cfg, sources)
}

// makeDir makes the folder. One that is there and empty, such as a fresh
// volume, is closed to others as well; any other is left as it is.
func makeDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("data_dir: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("data_dir: %w", err)
	}
	if len(entries) == 0 {
		// Not ours to change when it belongs to another user; the files in it are
		// closed by themselves.
		_ = os.Chmod(dir, 0o700)
	}
	return nil
}

func missingSecrets(cfg *Config) (bool, error) {
	for name := range madeSecrets {
		k, ok := keyNamed(name)
		if !ok {
			return false, fmt.Errorf("%s: is not a key", name)
		}
		if k.in(cfg).String() == "" {
			return true, nil
		}
	}
	return false, nil
}

// readSecrets fills in, from the file, the secrets that nothing else has set.
func readSecrets(cfg *Config, sources Sources) error {
	path := cfg.SecretsFile()
	kept, err := parseSecrets(path)
	if err != nil {
		return err
	}
	for name, value := range kept {
		k, ok := keyNamed(name)
		if _, made := madeSecrets[name]; !ok || !made {
			return &KeyError{Key: name, Reason: "is not a known secret (from " + path + ")"}
		}
		if field := k.in(cfg); field.String() == "" {
			field.SetString(value)
			sources[name] = Source("file " + path)
		}
	}
	return nil
}

// parseSecrets reads the file; none is like an empty one.
func parseSecrets(path string) (map[string]string, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return map[string]string{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the secrets: %w", err)
	}
	// Windows has no such bits.
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%s can be read by others: replace the secrets in it, or run chmod 600 on it", path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the secrets: %w", err)
	}
	kept := map[string]string{}
	if err := yaml.Unmarshal(text, &kept); err != nil {
		// The parser's own words may repeat a line of the file.
		return nil, fmt.Errorf("%s is not a list of keys and texts", path)
	}
	return kept, nil
}

// writeSecrets makes every secret that the file does not have yet. The file
// appears whole or not at all; of two processes that make the first one at the
// same time one wins, and the other takes what that one wrote.
func writeSecrets(path string) error {
	kept, err := parseSecrets(path)
	if err != nil {
		return err
	}
	first := len(kept) == 0
	for name, make := range madeSecrets {
		if kept[name] == "" {
			kept[name] = make()
		}
	}
	text, err := yaml.Marshal(kept)
	if err != nil {
		return err
	}
	draft, err := writeDraft(filepath.Dir(path), append([]byte("# Made at the first start. Whoever reads this file can be anyone here.\n"), text...))
	if err != nil {
		return err
	}
	defer os.Remove(draft)
	if first {
		if err := os.Link(draft, path); err == nil || errors.Is(err, fs.ErrExist) {
			return nil
		}
		// A file system without links: the rename below is whole as well.
	}
	return os.Rename(draft, path)
}

// writeDraft writes a file beside its later place and flushes it to the disk.
// CreateTemp's files are the owner's alone.
func writeDraft(dir string, text []byte) (path string, err error) {
	f, err := os.CreateTemp(dir, ".secrets-*")
	if err != nil {
		return "", err
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		os.Remove(f.Name())
		return "", err
	}
	return f.Name(), nil
}

func randomBytes() []byte {
	b := make([]byte, minSecretBytes)
	rand.Read(b) // never fails: it ends the program instead
	return b
}

func randomText() string { return base64.RawURLEncoding.EncodeToString(randomBytes()) }
