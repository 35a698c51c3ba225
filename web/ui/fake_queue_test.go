package ui_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"time"
)

// queueID is a sale of the operator's that has a queue.
const queueID = "7006"

// forQueue is what a test can change of a queue.
type forQueue struct {
	queue   map[string]any // as a sale shows it; its seed is shown once it is open
	turn    map[string]any // the buyer's place
	full    bool           // nobody else gets a place
	deaf    bool           // there is no stream
	passes  []string       // the Queue-Pass of each order that came
	pressed []string       // what was done to places
	desk    map[string]any // as the operator sees it
}

const goodPass = "a-good-pass"

// The seed of the fakes' queues, and what follows from it as the rule has it.
var queueSeed = sha256.Sum256([]byte("a seed"))

func queueCommitment() string {
	sum := sha256.Sum256(append([]byte("seckill-queue-1\n"+saleID+"\n"), queueSeed[:]...))
	return hex.EncodeToString(sum[:])
}

func queueNumber(buyer string) string {
	mac := hmac.New(sha256.New, queueSeed[:])
	mac.Write([]byte("seckill-queue-1\n" + saleID + "\n" + buyer))
	return fmt.Sprintf("%016x", binary.BigEndian.Uint64(mac.Sum(nil))&(1<<62-1))
}

// queueing gives the sale a queue: one that gathers is of a sale that has not begun.
func queueing(state string) func(*shop) {
	return func(s *shop) {
		s.queue = map[string]any{"state": state, "joined": 1234, "waiting": 1200, "commitment": queueCommitment()}
		if state == "gathering" {
			s.status, s.startsIn = "upcoming", 95*time.Second
			return
		}
		s.queue["seed"] = hex.EncodeToString(queueSeed[:])
	}
}

// standing gives the buyer a place, where the shuffle has put it.
func standing(state string, more map[string]any) func(*shop) {
	return func(s *shop) {
		s.turn = map[string]any{"sale_id": saleID, "state": state, "joined_at": s.now().Format(time.RFC3339Nano), "number": queueNumber(ownName)}
		maps.Copy(s.turn, more)
	}
}

func waits(ahead int) func(*shop) {
	return standing("waiting", map[string]any{"place": ahead + 1, "ahead": ahead, "estimate_seconds": 95, "estimate_low_seconds": 60, "estimate_high_seconds": 180})
}

// called is the buyer's turn, for as long.
func called(lasts time.Duration) func(*shop) {
	return func(s *shop) {
		standing("called", map[string]any{"pass": goodPass, "pass_until": s.now().Add(lasts).Format(time.RFC3339Nano)})(s)
	}
}

// queuePlace takes the buyer's place: before the start to be shuffled, after it at the end.
func (s *shop) queuePlace(w http.ResponseWriter, r *http.Request) {
	if !signedIn(w, r) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.Method != http.MethodGet {
		s.pressed = append(s.pressed, r.Method)
	}
	switch r.Method {
	case http.MethodPost:
		status := http.StatusOK
		if s.full {
			answer(w, 409, map[string]any{"code": "conflict", "state": "full"})
			return
		}
		if s.turn == nil || s.turn["state"] == "served" || s.turn["state"] == "lapsed" || s.turnIsOver() {
			status = http.StatusAccepted
			if s.queue["state"] == "gathering" {
				standing("waiting", nil)(s)
			} else {
				waits(30)(s)
				s.turn["number"] = fmt.Sprintf("4%015x", len(s.pressed))
			}
		}
		answer(w, status, s.turn)
	case http.MethodDelete:
		s.turn = nil
		w.WriteHeader(http.StatusNoContent)
	default:
		if s.turn == nil {
			answer(w, 404, map[string]any{"code": "not_found"})
			return
		}
		answer(w, 200, s.turn)
	}
}

func (s *shop) turnIsOver() bool {
	until, _ := s.turn["pass_until"].(string)
	at, err := time.Parse(time.RFC3339Nano, until)
	return err == nil && s.now().After(at)
}

// queueEvents tells of the buyer's place as long as there is one.
func (s *shop) queueEvents(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	deaf := s.deaf
	s.mu.Unlock()
	if deaf {
		answer(w, 503, map[string]any{"code": "unavailable"})
		return
	}
	if !signedIn(w, r) {
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	for {
		s.mu.Lock()
		place, _ := json.Marshal(s.turn)
		none, moved := s.turn == nil, s.moved
		s.mu.Unlock()
		if none {
			return
		}
		_, _ = fmt.Fprintf(w, "data: %s\n\n", place)
		w.(http.Flusher).Flush()
		select {
		case <-moved:
		case <-r.Context().Done():
			return
		}
	}
}

// passed tells whether an order may be taken, and answers where it may not.
func (s *shop) passed(w http.ResponseWriter, r *http.Request) bool {
	if s.queue == nil {
		return true
	}
	s.passes = append(s.passes, r.Header.Get("Queue-Pass"))
	if s.turn["pass"] != nil && r.Header.Get("Queue-Pass") == s.turn["pass"] && !s.turnIsOver() {
		return true
	}
	answer(w, 403, map[string]any{"code": "queue_required", "status": 403})
	return false
}

// adminQueue is the operator's sale of a queue.
func (s *shop) adminQueue() map[string]any {
	sale := s.adminSale(queueID, "Lantern queue", "ready")
	sale["entry"] = "queue"
	return sale
}

// adminDesk is how far its queue is.
func (s *shop) adminDesk() map[string]any {
	if s.desk == nil {
		s.desk = map[string]any{"state": "open", "paused": false, "joined": 4321, "waiting": 4100, "called": 20, "served": 150, "lapsed": 31, "left": 20, "pace": 12.5,
			"estimate_seconds": 340, "commitment": queueCommitment(), "seed": hex.EncodeToString(queueSeed[:])}
	}
	return s.desk
}

// pressQueue does what the operator has pressed.
func (s *shop) pressQueue(w http.ResponseWriter, verb string) {
	desk := maps.Clone(s.adminDesk())
	switch verb {
	case "pause":
		desk["state"], desk["paused"] = "paused", true
		delete(desk, "estimate_seconds")
	case "resume":
		desk["state"], desk["paused"] = "open", false
	case "flush":
		desk["waiting"], desk["left"] = 0, desk["left"].(int)+desk["waiting"].(int)
	}
	s.desk = desk
	answer(w, 200, desk)
}
