package chaos

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/seckill-go/seckill/seckill/fair/proof"
)

// watchDraw reads what is published of a draw again and again, and checks it, as whoever
// does not trust the shop may. It must not contradict what was published before.
func (s *sampler) watchDraw(of sale) {
	var first *proof.Proof
	for web := 0; ; web = (web + 1) % webs {
		p, err := s.run.readProof(context.Background(), web, of.id)
		if err != nil {
			s.add([]Violation{{Promise: fairDraw, Words: err.Error()}})
		}
		if p != nil {
			if first == nil {
				first = p
			}
			s.run.history.commitment(commitmentOf(p))
			s.add(wrongs(p, append(p.Check(time.Now()), p.Since(first))))
		}
		select {
		case <-s.done:
			return
		case <-time.After(sampleEvery):
		}
	}
}

// readProof reads what a web process publishes of a draw; nil: nothing yet, or no answer.
func (run *Run) readProof(ctx context.Context, web int, sale string) (*proof.Proof, error) {
	a := run.call(ctx, "GET", run.slots[web].url()+"/api/v1/sales/"+sale+"/draw/proof", "", nil, nil)
	if a.HTTP != 200 {
		return nil, nil
	}
	p, err := proof.Read(bytes.NewReader(a.Body))
	if err != nil {
		return nil, fmt.Errorf("%s publishes of the draw of sale %s what is no proof: %w", slotName(web), sale, err)
	}
	return p, nil
}

// readProofs reads what is published of each draw in the end.
func (run *Run) readProofs(ctx context.Context, e *Evidence) {
	e.Proofs = map[string]*proof.Proof{}
	for _, d := range e.State.Draws {
		within(15*time.Second, func() bool {
			p, _ := run.readProof(ctx, 0, d.Sale)
			e.Proofs[d.Sale] = p
			return p != nil && p.Outcome != nil
		})
	}
}

func commitmentOf(p *proof.Proof) Commitment {
	c := Commitment{Sale: p.SaleID}
	if p.Commitment != nil {
		c.Root, c.Entries, c.Round = p.Commitment.Root, p.Commitment.Entries, p.Commitment.Round
	}
	return c
}

// wrongs are the findings about a proof that say that something is wrong.
func wrongs(p *proof.Proof, findings []proof.Finding) (found []Violation) {
	for _, f := range findings {
		if f.Wrong != "" {
			found = append(found, Violation{Promise: fairDraw, Words: fmt.Sprintf("what is published of the draw of sale %s, %s: %s", p.SaleID, f.Check, f.Wrong)})
		}
	}
	return found
}

func (h *History) entry(c EntryCall) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.entries = append(h.entries, c)
}

// commitment notes a commitment, once there is one.
func (h *History) commitment(c Commitment) {
	if c.Root == "" {
		return
	}
	h.mu.Lock()
	seen := h.commitments[c]
	if h.commitments == nil {
		h.commitments = map[Commitment]bool{}
	}
	h.commitments[c] = true
	h.mu.Unlock()
	if !seen {
		h.note(drawerWho, "", "sale %s: committed to %d entries, round %d, root %.8s", c.Sale, c.Entries, c.Round, c.Root)
	}
}

const drawerWho = "draw"
