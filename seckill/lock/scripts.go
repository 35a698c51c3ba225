package lock

import (
	"embed"

	"github.com/redis/go-redis/v9"
)

//go:embed lua/*.lua
var luaFiles embed.FS

// verb is what a node can be asked to do.
type verb struct {
	name   string
	script *redis.Script
}

var (
	acquire = newVerb("acquire")
	raise   = newVerb("raise")
	extend  = newVerb("extend")
	release = newVerb("release")
)

// The words in which nodes answer.
const (
	granted = "granted"
	taken   = "taken"
	out     = "out"
	kept    = "kept"
	gone    = "gone"
)

// newVerb puts the prelude before a script.
func newVerb(name string) verb {
	return verb{name: name, script: redis.NewScript(luaFile("prelude") + luaFile(name))}
}

func luaFile(name string) string {
	text, err := luaFiles.ReadFile("lua/" + name + ".lua")
	if err != nil {
		panic(err) // the files are part of the binary
	}
	return string(text)
}
