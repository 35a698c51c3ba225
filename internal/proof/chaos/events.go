package chaos

import (
	"encoding/json"
	"errors"
	"sync"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
)

// eventLog is one of the shop's other systems: it has a durable queue bound to
// the events and reads all that comes.
type eventLog struct {
	run  *Run
	done chan struct{}
	wg   sync.WaitGroup

	mu    sync.Mutex
	seen  map[string]bool // by the event's id, "<order>:<status>"
	bound time.Time       // since when the queue is there
	conn  *amqp.Connection
	over  bool
}

func (run *Run) eventQueue() string { return run.name + ".shop" }

// listen binds the queue, so that no event is missed, and reads it until close.
func (run *Run) listen() (*eventLog, error) {
	e := &eventLog{run: run, done: make(chan struct{}), seen: map[string]bool{}}
	var err error
	if !within(20*time.Second, func() bool { err = e.connect(); return err == nil }) {
		return nil, err
	}
	return e, nil
}

// connect makes the queue if it is gone, and reads it until the connection ends;
// then it connects again.
func (e *eventLog) connect() error {
	conn, ch, err := e.run.amqp()
	if err != nil {
		return err
	}
	deliveries, err := e.consume(ch)
	if err != nil {
		conn.Close()
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.over {
		conn.Close()
		return nil
	}
	e.conn, e.bound = conn, time.Now()
	e.wg.Go(func() { e.read(deliveries) })
	return nil
}

func (e *eventLog) consume(ch *amqp.Channel) (<-chan amqp.Delivery, error) {
	// The exchange is the service's: it is declared just as the service does.
	events := e.run.exchange("events")
	if err := ch.ExchangeDeclare(events, "topic", true, false, false, false, nil); err != nil {
		return nil, err
	}
	queue, err := ch.QueueDeclare(e.run.eventQueue(), true, false, false, false, nil)
	if err != nil {
		return nil, err
	}
	if err := ch.QueueBind(queue.Name, "order.*", events, false, nil); err != nil {
		return nil, err
	}
	return ch.Consume(queue.Name, "", false, false, false, false, nil)
}

func (e *eventLog) read(deliveries <-chan amqp.Delivery) {
	for d := range deliveries {
		var event struct{ ID string }
		if json.Unmarshal(d.Body, &event) == nil {
			e.mu.Lock()
			e.seen[event.ID] = true
			e.mu.Unlock()
		}
		_ = d.Ack(false)
	}
	e.mu.Lock()
	e.conn, e.bound = nil, time.Time{}
	e.mu.Unlock()
	for {
		select {
		case <-e.done:
			return
		case <-time.After(50 * time.Millisecond):
		}
		if e.connect() == nil {
			return
		}
	}
}

// awaitBound waits until the queue is there again.
func (e *eventLog) awaitBound() error {
	if !within(60*time.Second, func() bool {
		e.mu.Lock()
		defer e.mu.Unlock()
		return !e.bound.IsZero()
	}) {
		return errors.New("the queue of events could not be bound again")
	}
	return nil
}

func (e *eventLog) copied() map[string]bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	seen := make(map[string]bool, len(e.seen))
	for id := range e.seen {
		seen[id] = true
	}
	return seen
}

func (e *eventLog) close() {
	e.mu.Lock()
	e.over = true
	close(e.done)
	if e.conn != nil {
		e.conn.Close()
	}
	e.mu.Unlock()
	e.wg.Wait()
}
