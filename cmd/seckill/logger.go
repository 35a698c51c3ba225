package main

import (
	"io"
	"log/slog"

	"github.com/seckill-go/seckill/internal/chatter"
	"github.com/seckill-go/seckill/internal/config"
)

// newLogger makes the process's log, which takes what client libraries say as well.
// The level was checked with the configuration.
func newLogger(cfg config.Log, w io.Writer) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(cfg.Level)); err != nil {
		level = slog.LevelInfo
	}
	options := &slog.HandlerOptions{Level: level}
	var handler slog.Handler = slog.NewTextHandler(w, options)
	if cfg.Format == "json" {
		handler = slog.NewJSONHandler(w, options)
	}
	log := slog.New(handler)
	chatter.Into(log)
	return log
}
