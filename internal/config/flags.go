package config

import (
	"reflect"

	"github.com/spf13/pflag"
)

// shownFlags are those that the help lists; all others exist too.
var shownFlags = map[string]string{
	"mode":          "embedded or external",
	"data_dir":      "folder that keeps everything of embedded mode",
	"http.addr":     "address of the public port",
	"ops.addr":      "address of the operations port",
	"log.level":     "debug, info, warn or error",
	"log.format":    "text or json",
	"admission.ack": "when a buyer is answered: admitted or settled",
}

// AddFlags gives a command one flag for each key, named like the key. Secrets
// and addresses with passwords have none: a command line is seen by everyone on
// the machine.
func AddFlags(set *pflag.FlagSet) {
	for _, k := range keys {
		if k.secret() {
			continue
		}
		usage, shown := shownFlags[k.name]
		if !shown {
			usage = "see configs/seckill.yaml"
		}
		set.String(k.name, "", usage)
		flag := set.Lookup(k.name)
		flag.Hidden = !shown
		if k.kind.Kind() == reflect.Bool {
			flag.NoOptDefVal = "true"
		}
	}
}
