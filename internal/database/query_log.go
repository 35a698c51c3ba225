package database

import (
	"context"
	"log/slog"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

const loggedSQLBytes = 300

// queryLog logs slow statements, without their values. Errors are left to the
// callers, who know what they mean.
type queryLog struct {
	log  *slog.Logger
	slow time.Duration
}

var (
	_ logger.Interface  = queryLog{}
	_ gorm.ParamsFilter = queryLog{}
)

func (q queryLog) LogMode(logger.LogLevel) logger.Interface { return q }

func (queryLog) Info(context.Context, string, ...any)  {}
func (queryLog) Warn(context.Context, string, ...any)  {}
func (queryLog) Error(context.Context, string, ...any) {}

// ParamsFilter keeps every value out of what Trace gets to see.
func (queryLog) ParamsFilter(_ context.Context, sql string, _ ...any) (string, []any) {
	return sql, nil
}

func (q queryLog) Trace(ctx context.Context, begin time.Time, statement func() (string, int64), _ error) {
	took := time.Since(begin)
	if q.slow < 0 || took < q.slow {
		return
	}
	sql, rows := statement()
	if len(sql) > loggedSQLBytes {
		sql = sql[:loggedSQLBytes] + "..."
	}
	q.log.WarnContext(ctx, "slow query", "took", took, "rows", rows, "sql", sql)
}
