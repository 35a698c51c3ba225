package config

import (
	"reflect"
	"strings"

	"github.com/seckill-go/seckill/internal/fault"
)

// envPrefix begins the name of every variable that sets a key.
const envPrefix = "SECKILL_"

// reserved are the variables with our prefix that set no key: what tests and
// scripts/services.sh read, and what arms fault points. A name that ends in _
// stands for all that begin so.
var reserved = []string{"SECKILL_TEST_", "SECKILL_SERVICES_DIR", fault.Env}

// key is one setting: its name and where it lies in Config.
type key struct {
	name  string
	index []int
	kind  reflect.Type
}

// env names the variable that sets the key.
func (k key) env() string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(k.name, ".", "_"))
}

// secret tells whether the value must not be seen, not even in a process list.
func (k key) secret() bool {
	switch k.kind {
	case reflect.TypeFor[Secret](), reflect.TypeFor[Address](), reflect.TypeFor[Hook]():
		return true
	}
	return false
}

// in finds the key's value in a Config.
func (k key) in(c *Config) reflect.Value { return reflect.ValueOf(c).Elem().FieldByIndex(k.index) }

// keys are all settings, in the order of Config.
var keys = collect(reflect.TypeFor[Config](), "", nil)

func collect(t reflect.Type, prefix string, index []int) []key {
	var found []key
	for i := range t.NumField() {
		f := t.Field(i)
		name := prefix + f.Tag.Get("mapstructure")
		at := append(append([]int(nil), index...), i)
		if f.Type.Kind() == reflect.Struct {
			found = append(found, collect(f.Type, name+".", at)...)
			continue
		}
		found = append(found, key{name: name, index: at, kind: f.Type})
	}
	return found
}

func keyNamed(name string) (key, bool) {
	for _, k := range keys {
		if k.name == name {
			return k, true
		}
	}
	return key{}, false
}
