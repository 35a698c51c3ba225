package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"
	"github.com/spf13/viper"

	"github.com/seckill-go/seckill/internal/suggest"
)

// Input is what settings are read from.
type Input struct {
	// File is the path of a YAML file; empty for none.
	File string
	// Environ is the environment in the form of os.Environ.
	Environ []string
	// Flags are those of AddFlags, parsed; nil for none.
	Flags *pflag.FlagSet
	// Role is what will run; it decides which keys must be set.
	Role Role
}

// Source tells where a value came from: "default", "file NAME", "env NAME",
// "flag --NAME" or the file of made secrets.
type Source string

// SourceDefault is the source of a value that nobody set.
const SourceDefault Source = "default"

// Sources tells the source of every key.
type Sources map[string]Source

// KeyError is what is wrong with one key.
type KeyError struct {
	Key    string
	Reason string
}

func (e *KeyError) Error() string { return e.Key + ": " + e.Reason }

// Load reads and checks all settings. The error joins one KeyError for each
// thing that is wrong.
func Load(in Input) (Config, Sources, error) {
	r := newReader()
	if err := r.file(in.File); err != nil {
		return Config{}, nil, err
	}
	r.environment(in.Environ)
	r.flags(in.Flags)
	cfg, err := r.config()
	if err != nil {
		return Config{}, nil, err
	}
	if cfg.Mode == Embedded {
		if err := readSecrets(&cfg, r.sources); err != nil {
			r.wrong = append(r.wrong, err)
		}
	}
	unread := r.unread()
	for _, wrong := range cfg.validate(in.Role) {
		if !unread[wrong.Key] { // what follows from that is not told
			r.wrong = append(r.wrong, wrong)
		}
	}
	if len(r.wrong) > 0 {
		return Config{}, nil, errors.Join(r.wrong...)
	}
	return cfg, r.sources, nil
}

// reader gathers values; a later one takes the place of an earlier one.
type reader struct {
	values  map[string]any
	sources Sources
	wrong   []error
}

func newReader() *reader { return &reader{values: map[string]any{}, sources: Sources{}} }

func (r *reader) fail(key, format string, args ...any) {
	r.wrong = append(r.wrong, &KeyError{Key: key, Reason: fmt.Sprintf(format, args...)})
}

func (r *reader) set(k key, raw any, from Source) {
	v, err := convert(raw, k.kind)
	if err != nil {
		r.fail(k.name, "%v (from %s)", err, from)
		return
	}
	r.values[k.name], r.sources[k.name] = v, from
}

func (r *reader) file(path string) error {
	if path == "" {
		return nil
	}
	v := viper.New()
	v.SetConfigFile(path)
	v.SetConfigType("yaml")
	if err := v.ReadInConfig(); err != nil {
		return unreadFile(path, err)
	}
	from := Source("file " + path)
	names := v.AllKeys()
	slices.Sort(names)
	for _, name := range names {
		k, ok := keyNamed(name)
		switch raw := v.Get(name); {
		case !ok && raw == nil && isSection(name):
			// A section whose keys are all commented out.
		case !ok:
			r.fail(name, "is not a known key (from %s)%s", from, suggestion(name))
		case raw != nil:
			r.set(k, raw, from)
		}
	}
	return nil
}

// unreadFile says in one line why a file could not be read. What it has instead of
// sections and keys the library says in words of the program.
func unreadFile(path string, err error) error {
	var parse viper.ConfigParseError
	if !errors.As(err, &parse) {
		return fmt.Errorf("read the configuration %s: %w", path, err)
	}
	words := strings.Join(strings.Fields(parse.Unwrap().Error()), " ")
	words = strings.TrimPrefix(strings.TrimPrefix(words, "yaml: "), "unmarshal errors: ")
	if line, _, found := strings.Cut(words, ": cannot unmarshal "); found {
		words = line + ": must be sections with keys, such as http: {addr: ...}"
	}
	return fmt.Errorf("the configuration %s is not right YAML: %s", path, words)
}

func isSection(name string) bool {
	return slices.ContainsFunc(keys, func(k key) bool { return strings.HasPrefix(k.name, name+".") })
}

// suggestion helps who wrote a value where a section belongs, or mistyped a key.
func suggestion(name string) string {
	if isSection(name) {
		return ": it is a section"
	}
	known := make([]string, len(keys))
	for i, k := range keys {
		known[i] = k.name
	}
	return suggest.DidYouMean(name, known)
}

func (r *reader) environment(environ []string) {
	byEnv := make(map[string]key, len(keys))
	for _, k := range keys {
		byEnv[k.env()] = k
	}
	for _, variable := range environ {
		name, value, _ := strings.Cut(variable, "=")
		if !strings.HasPrefix(name, envPrefix) || isReserved(name) {
			continue
		}
		if k, ok := byEnv[name]; ok {
			r.set(k, value, Source("env "+name))
		} else {
			var known []string
			for _, k := range keys {
				known = append(known, strings.TrimPrefix(k.env(), envPrefix))
			}
			r.fail(name, "is not a known key (from the environment)%s", suggest.DidYouMeanWith(envPrefix, strings.TrimPrefix(name, envPrefix), known))
		}
	}
}

func isReserved(name string) bool {
	return slices.ContainsFunc(reserved, func(r string) bool {
		return name == r || strings.HasSuffix(r, "_") && strings.HasPrefix(name, r)
	})
}

func (r *reader) flags(set *pflag.FlagSet) {
	if set == nil {
		return
	}
	set.Visit(func(f *pflag.Flag) {
		if k, ok := keyNamed(f.Name); ok && !k.secret() {
			r.set(k, f.Value.String(), Source("flag --"+f.Name))
		}
	})
}

// unread tells the keys whose values could not be read.
func (r *reader) unread() map[string]bool {
	names := make(map[string]bool)
	for _, err := range r.wrong {
		var wrong *KeyError
		if errors.As(err, &wrong) {
			names[wrong.Key] = true
		}
	}
	return names
}

// config puts the values that could be read over the defaults of their mode. Without
// a mode nothing else can be told.
func (r *reader) config() (Config, error) {
	mode := Embedded
	if m, ok := r.values["mode"].(string); ok {
		mode = Mode(m)
	}
	if mode != Embedded && mode != External {
		r.fail("mode", "must be embedded or external")
		return Config{}, errors.Join(r.wrong...)
	}
	cfg := Defaults(mode)
	v := viper.New()
	for _, k := range keys {
		v.SetDefault(k.name, k.in(&cfg).Interface())
		if value, ok := r.values[k.name]; ok {
			v.Set(k.name, value)
		} else {
			r.sources[k.name] = SourceDefault
		}
	}
	if err := v.UnmarshalExact(&cfg); err != nil {
		return Config{}, fmt.Errorf("settings: %w", err)
	}
	return cfg, nil
}
