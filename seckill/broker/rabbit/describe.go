package rabbit

import "github.com/seckill-go/seckill/seckill/broker"

// Describe tells the version of the RabbitMQ that this process is connected to; an
// error while there is none.
func (b *Broker) Describe() (version string, err error) {
	b.mu.Lock()
	s := b.session
	b.mu.Unlock()
	if s == nil {
		return "", broker.ErrNoSession
	}
	version, _ = s.pub.Properties["version"].(string)
	return version, nil
}
