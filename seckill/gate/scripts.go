package gate

import (
	"embed"

	"github.com/redis/go-redis/v9"
)

//go:embed lua/*.lua
var luaFiles embed.FS

var (
	admitScript     = script("admit")
	saleScript      = script("sale")
	settledScript   = script("settled")
	claimScript     = script("claim")
	releaseScript   = script("release")
	releasedScript  = script("released")
	repairScript    = script("repair")
	setStateScript  = script("set_state")
	setTotalScript  = script("set_total")
	setLimitScript  = script("set_limit")
	setWaitedScript = script("set_waited")
	loadBeginScript = script("load_begin")
	loadPartScript  = script("load_part")
	loadEndScript   = script("load_end")
	unloadScript    = script("unload")
	intactScript    = script("intact")
	queuedScript    = script("queued")
	adoptScript     = script("adopt")
	retakeScript    = script("retake")
)

// script puts the prelude before a script; its KEYS are those of keys.all.
func script(name string) *redis.Script {
	return redis.NewScript(luaFile("prelude") + luaFile(name))
}

func luaFile(name string) string {
	text, err := luaFiles.ReadFile("lua/" + name + ".lua")
	if err != nil {
		panic(err) // the files are part of the binary
	}
	return string(text)
}
