package testkit

import (
	"os"
	"strings"
)

// CleanEnvironment is the environment without settings of seckill's own.
func CleanEnvironment() []string {
	var env []string
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "SECKILL_") {
			env = append(env, v)
		}
	}
	return env
}
