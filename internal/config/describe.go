package config

import (
	"fmt"
	"strings"
	"time"
)

// Setting is one key as `seckill checkconfig` shows it.
type Setting struct {
	Key string `json:"key"`
	// Value in the form in which it is written; a secret is hidden.
	Value  string `json:"value"`
	Source Source `json:"source"`
}

// Describe lists every key in the order of Config.
func Describe(cfg Config, sources Sources) []Setting {
	list := make([]Setting, len(keys))
	for i, k := range keys {
		list[i] = Setting{Key: k.name, Value: show(k.in(&cfg).Interface()), Source: sources[k.name]}
	}
	return list
}

func show(value any) string {
	switch v := value.(type) {
	case []string:
		return strings.Join(v, ",")
	case time.Duration:
		return v.String()
	default:
		return fmt.Sprint(v)
	}
}
