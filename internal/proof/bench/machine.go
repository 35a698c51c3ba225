package bench

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/seckill-go/seckill/internal/proof/testkit"
)

// machine says on what the figures were measured.
type machine struct {
	commit, processor                 string
	processors                        int
	memory, system                    string
	golang, redis, rabbitmq, database string
}

func (m machine) String() string {
	return fmt.Sprintf("Commit %s. %d × %s, %s, %s. %s, Redis %s, RabbitMQ %s, %s; servers, service and load generator share the machine.",
		m.commit, m.processors, m.processor, m.memory, m.system, m.golang, m.redis, m.rabbitmq, m.database)
}

func (l *Lab) machine(ctx context.Context) (machine, error) {
	m := machine{commit: testkit.Commit(), processors: runtime.NumCPU(), golang: strings.Replace(runtime.Version(), "go", "Go ", 1),
		processor: field("/proc/cpuinfo", "model name"), memory: strings.TrimSpace(field("/proc/meminfo", "MemTotal")) + " of memory", system: runtime.GOOS}
	info, err := l.redisInfo(ctx, "server")
	if err != nil {
		return m, err
	}
	m.redis = info["redis_version"]
	if err := l.admin.QueryRowContext(ctx, "SELECT VERSION()").Scan(&m.database); err != nil {
		return m, err
	}
	if !strings.Contains(m.database, "MariaDB") {
		m.database = "MySQL " + m.database
	}
	conn, err := amqp.Dial(l.services.RabbitMQ())
	if err != nil {
		return m, err
	}
	defer conn.Close()
	m.rabbitmq = fmt.Sprint(conn.Properties["version"])
	return m, nil
}

// field reads a line of the form "name : value" of a file; "unknown" where there
// is none.
func field(file, name string) string {
	f, err := os.Open(file)
	if err != nil {
		return "unknown"
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if key, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}
