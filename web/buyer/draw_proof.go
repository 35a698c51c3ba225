package buyer

import (
	"bufio"
	"context"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"
	"golang.org/x/sync/semaphore"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/fair"
	"github.com/seckill-go/seckill/web"
)

const (
	proofFresh   = 5 * time.Second
	proofTimeout = time.Minute
	// maxProofs is how many proofs a process keeps for those who ask next.
	maxProofs = 2
	// maxProofEntries bounds the entries of all proofs that are being sent, of 40 bytes each:
	// who takes long holds what he is sent in memory.
	maxProofEntries = 4 * seckill.MaxDrawEntries
	// proofPart is how many lines a connection has to take within the time that an answer
	// may take.
	proofPart = 50_000
)

// proof is all that is published of a draw, as it was at one moment.
type proof struct {
	draw    seckill.Draw
	entries []proofLine
}

// proofLine is kept small: a draw may have a million.
type proofLine struct {
	hash   fair.Hash
	rank   int32 // 0: none yet
	item   uint8 // of the draw's
	status uint8 // of proofStatuses
}

// proofStatuses are what a proof says of entries; the first is of whose turn has not come.
var proofStatuses = [...]string{"-", string(seckill.WaiterOffered), string(seckill.WaiterLeft), string(seckill.WaiterLapsed)}

// proofs reads proofs, one at a time, and keeps them for a moment.
type proofs struct {
	ledger  Ledger
	kept    *web.Cache[*proof]
	reading chan struct{}
	sending *semaphore.Weighted
}

func newProofs(ledger Ledger, clock seckill.Clock) *proofs {
	p := &proofs{ledger: ledger, kept: web.NewCache[*proof](maxProofs, proofFresh, web.IsNotFound, clock),
		reading: make(chan struct{}, 1), sending: semaphore.NewWeighted(maxProofEntries)}
	p.kept.Ease, p.kept.Timeout = 4, proofTimeout
	return p
}

// get gives a proof, of which somebody asked for the draw just now.
func (p *proofs) get(ctx context.Context, sale seckill.ID) (*proof, error) {
	return p.kept.Get(ctx, sale, func(ctx context.Context) (*proof, error) {
		select {
		case p.reading <- struct{}{}:
			defer func() { <-p.reading }()
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		return p.read(ctx, sale)
	})
}

func (p *proofs) read(ctx context.Context, sale seckill.ID) (*proof, error) {
	d, err := p.ledger.Draw(ctx, sale)
	if err != nil {
		return nil, err
	}
	all := &proof{draw: d, entries: make([]proofLine, 0, d.Entries)}
	items := make(map[string]uint8, len(d.Items))
	for i, it := range d.Items {
		items[it.SKU] = uint8(i)
	}
	err = p.ledger.EachEntry(ctx, sale, func(e seckill.DrawEntry) error {
		line := proofLine{item: items[e.SKU]}
		if d.State == seckill.DrawDrawn { // else it may have been drawn since
			line.rank = int32(e.Rank)
			status := e.Status
			if status == seckill.WaiterOffering {
				status = seckill.WaiterOffered // its turn has come, whichever order SQL has first
			}
			for i, name := range proofStatuses {
				if string(status) == name {
					line.status = uint8(i)
				}
			}
		}
		_, err := hex.Decode(line.hash[:], []byte(e.Hash))
		all.entries = append(all.entries, line)
		return err
	})
	return all, err
}

// getProof gives everything that it takes to check a draw, in one file: its document, and
// a line for each entry. It is read once for however many ask, and not at their pace.
func (s *API) getProof(c *gin.Context) {
	id, ok := s.PathID(c, "sale")
	if !ok {
		return
	}
	ctx := c.Request.Context()
	d, err := s.draw(ctx, id)
	if err == nil && d.Root == "" {
		err = &seckill.Error{Code: seckill.CodeConflict, State: string(d.State), Detail: "The entries are published with the commitment to them, which is made once no more are taken."}
	}
	if err != nil {
		s.Fail(c, err)
		return
	}
	p, err := s.proofs.get(ctx, id)
	if err == nil && !s.proofs.sending.TryAcquire(int64(len(p.entries))) {
		err = &seckill.Error{Code: seckill.CodeUnavailable, Detail: "Too many are being sent this file. Please try again in a moment.", RetryAfter: proofFresh}
	}
	if err != nil {
		s.Fail(c, err)
		return
	}
	defer s.proofs.sending.Release(int64(len(p.entries)))
	head, err := json.Marshal(s.drawBodyOf(p.of(d)))
	if err != nil {
		s.Fail(c, err)
		return
	}
	h := c.Writer.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="draw-`+id.String()+`.txt"`)
	h["Cache-Control"] = briefly
	c.Status(http.StatusOK)
	if c.Request.Method != http.MethodHead {
		p.write(c.Writer, head)
	}
}

// of is the draw of the proof, as the sale stands now.
func (p *proof) of(now seckill.Draw) seckill.Draw {
	d := p.draw
	if now.State == seckill.DrawVoid && d.State != seckill.DrawDrawn {
		d.State, d.Trouble = seckill.DrawVoid, ""
	}
	return d
}

// write stops when the connection does.
func (p *proof) write(to http.ResponseWriter, head []byte) {
	conn := http.NewResponseController(to)
	w := bufio.NewWriterSize(to, 64<<10)
	_, err := w.Write(append(head, '\n'))
	var line []byte
	for i, e := range p.entries {
		if i%proofPart == 0 {
			_ = conn.SetWriteDeadline(time.Now().Add(web.WriteTimeout)) // where there is a connection
		}
		line = append(hex.AppendEncode(line[:0], e.hash[:]), ' ')
		line = append(append(line, p.draw.Items[e.item].SKU...), ' ')
		if e.rank == 0 {
			line = append(line, '-')
		} else {
			line = strconv.AppendInt(line, int64(e.rank), 10)
		}
		line = append(append(append(line, ' '), proofStatuses[e.status]...), '\n')
		if _, err = w.Write(line); err != nil {
			return
		}
	}
	if err == nil {
		_ = w.Flush()
	}
}
