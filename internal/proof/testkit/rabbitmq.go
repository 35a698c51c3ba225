package testkit

import "testing"

// RabbitMQ gives the shared RabbitMQ server and a name prefix of the test's
// own. The test deletes the queues and exchanges that it declares.
func RabbitMQ(t testing.TB) (url, prefix string) {
	t.Helper()
	return service(t, envRabbitMQURL), randomName()
}
