package testkit

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// RabbitMQCtl speaks to the set's RabbitMQ, which keeps its cookie and its name to
// itself.
func (s *Services) RabbitMQCtl(ctx context.Context, args ...string) error {
	dir := s.Dir("rabbitmq")
	remembered := func(name string) string {
		text, _ := os.ReadFile(filepath.Join(dir, name))
		return strings.TrimSpace(string(text))
	}
	path, err := rabbitmqctl()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, path, args...)
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "RABBITMQ_") && !strings.HasPrefix(v, "ERL_") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	cmd.Env = append(cmd.Env, "HOME="+filepath.Join(dir, "home"), "RABBITMQ_NODENAME=seckill-"+remembered("port")+"@localhost",
		"ERL_EPMD_PORT="+remembered("epmd-port"), "RABBITMQ_CONF_ENV_FILE=/dev/null")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("rabbitmqctl: %w: %s", err, out)
	}
	return nil
}

// rabbitmqctl finds the script itself: Debian's wrapper in the PATH insists on
// changing the user.
func rabbitmqctl() (string, error) {
	for _, pattern := range []string{"/usr/lib/rabbitmq/bin/rabbitmqctl", "/usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin/rabbitmqctl", "/opt/rabbitmq/sbin/rabbitmqctl"} {
		if found, _ := filepath.Glob(pattern); len(found) > 0 {
			return found[0], nil
		}
	}
	return exec.LookPath("rabbitmqctl")
}
