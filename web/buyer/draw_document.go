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

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/fair"
	"github.com/seckill-go/seckill/web"
)

// drawBody is what everybody may know of a draw. Whoever checks it relies on each field.
type drawBody struct {
	SaleID       seckill.ID        `json:"sale_id"`
	State        seckill.DrawState `json:"state"`
	Rule         string            `json:"rule"`
	EntriesUntil string            `json:"entries_until"`
	Entries      int64             `json:"entries"`
	Beacon       seckill.Beacon    `json:"beacon"`
	// PlannedRound follows from what is known with the sale; Commitment has another one
	// where it came too late for that.
	PlannedRound uint64          `json:"planned_round"`
	PlannedAt    string          `json:"planned_at"`
	Commitment   *commitmentBody `json:"commitment,omitempty"`
	Outcome      *outcomeBody    `json:"outcome,omitempty"`
	// Waits is why a draw that is due has not been drawn.
	Waits string         `json:"waits,omitempty"`
	Items []drawItemBody `json:"items"`
}

type commitmentBody struct {
	Root        string `json:"root"`
	Entries     int64  `json:"entries"`
	Round       uint64 `json:"round"`
	RoundAt     string `json:"round_at"`
	CommittedAt string `json:"committed_at"`
}

type outcomeBody struct {
	Signature  string `json:"signature"`
	Randomness string `json:"randomness"`
	DrawnAt    string `json:"drawn_at"`
}

type drawItemBody struct {
	SKU     string `json:"sku"`
	Entries int64  `json:"entries"`
}

func (s *API) draw(ctx context.Context, id seckill.ID) (d seckill.Draw, err error) {
	if _, err := s.drawnSale(ctx, id); err != nil {
		return d, err
	}
	return s.catalogue.draws.Get(ctx, id, func(ctx context.Context) (seckill.Draw, error) { return s.cfg.Ledger.Draw(ctx, id) })
}

func drawBodyOf(d seckill.Draw) drawBody {
	b := drawBody{SaleID: d.SaleID, State: d.State, Rule: seckill.DrawRule, EntriesUntil: web.FormatTime(d.EntriesUntil), Entries: d.Entries,
		Beacon: d.Beacon, PlannedRound: d.PlannedRound, PlannedAt: web.FormatTime(d.Beacon.TimeOf(d.PlannedRound)), Items: make([]drawItemBody, len(d.Items))}
	if d.Root != "" {
		b.Commitment = &commitmentBody{Root: d.Root, Entries: d.Entries, Round: d.Round, RoundAt: web.FormatTime(d.Beacon.TimeOf(d.Round)),
			CommittedAt: web.FormatTime(d.CommittedAt)}
	}
	if d.State == seckill.DrawDrawn {
		b.Outcome = &outcomeBody{Signature: hex.EncodeToString(d.Signature), Randomness: hex.EncodeToString(fair.Randomness(d.Signature)),
			DrawnAt: web.FormatTime(d.DrawnAt)}
	}
	if d.Trouble != "" {
		b.Waits = "The beacon has not given its round yet. Nobody can choose another one: the draw waits for it."
	}
	for i, it := range d.Items {
		b.Items[i] = drawItemBody{SKU: it.SKU, Entries: it.Entries}
	}
	return b
}

// getDraw tells everybody how far a draw is.
func (s *API) getDraw(c *gin.Context) {
	id, ok := s.PathID(c, "sale")
	if !ok {
		return
	}
	d, err := s.draw(c.Request.Context(), id)
	if err != nil {
		s.Fail(c, err)
		return
	}
	c.Writer.Header()["Cache-Control"] = briefly
	web.WriteJSON(c, http.StatusOK, drawBodyOf(d))
}

// proof is all that is published of a draw, as it was at one moment.
type proof struct {
	draw    seckill.Draw
	entries []proofLine
}

// proofLine is kept small: a draw may have a million.
type proofLine struct {
	hash   fair.Hash
	sku    string // one string for all lines of an item
	rank   int32
	status seckill.WaiterStatus
}

const (
	// maxProofs is how many proofs a process keeps; each may be of 70 MB.
	maxProofs    = 2
	proofFresh   = 5 * time.Second
	proofTimeout = 60 * time.Second
	// proofPart is how many lines are written before the connection has to have taken them
	// within the time that an answer may take.
	proofPart = 50_000
)

func newProofs(clock seckill.Clock) *web.Cache[*proof] {
	proofs := web.NewCache[*proof](maxProofs, proofFresh, web.IsNotFound, clock)
	proofs.Ease = 4
	proofs.Timeout = proofTimeout
	return proofs
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
		err = &seckill.Error{Code: seckill.CodeConflict, State: string(d.State), Detail: "The entries are published with the commitment to them, once no more are taken."}
	}
	if err != nil {
		s.Fail(c, err)
		return
	}
	p, err := s.catalogue.proofs.Get(ctx, id, func(ctx context.Context) (*proof, error) { return s.readProof(ctx, id) })
	if err != nil {
		s.Fail(c, err)
		return
	}
	head, err := json.Marshal(drawBodyOf(p.draw))
	if err != nil {
		s.Fail(c, err)
		return
	}
	c.Header("Content-Type", "text/plain; charset=utf-8")
	c.Header("Content-Disposition", `attachment; filename="draw-`+id.String()+`.txt"`)
	c.Status(http.StatusOK)
	if c.Request.Method != http.MethodHead {
		writeProof(c.Writer, head, p.entries)
	}
}

// writeProof stops when the connection does.
func writeProof(to http.ResponseWriter, head []byte, entries []proofLine) {
	conn := http.NewResponseController(to)
	w := bufio.NewWriterSize(to, 64<<10)
	_, err := w.Write(append(head, '\n'))
	var line []byte
	for i, e := range entries {
		if i%proofPart == 0 {
			if err != nil {
				return
			}
			_ = conn.SetWriteDeadline(time.Now().Add(web.WriteTimeout)) // where there is a connection
		}
		line = append(hex.AppendEncode(line[:0], e.hash[:]), ' ')
		line = append(append(line, e.sku...), ' ')
		if e.rank == 0 {
			line = append(line, '-')
		} else {
			line = strconv.AppendInt(line, int64(e.rank), 10)
		}
		line = append(line, ' ')
		if e.status == "" || e.status.Open() {
			line = append(line, '-')
		} else {
			line = append(line, e.status...)
		}
		_, err = w.Write(append(line, '\n'))
	}
	_ = w.Flush()
}

func (s *API) readProof(ctx context.Context, id seckill.ID) (*proof, error) {
	d, err := s.cfg.Ledger.Draw(ctx, id)
	if err != nil {
		return nil, err
	}
	p := &proof{draw: d, entries: make([]proofLine, 0, d.Entries)}
	skus := make(map[string]string, len(d.Items))
	for _, it := range d.Items {
		skus[it.SKU] = it.SKU
	}
	err = s.cfg.Ledger.EachEntry(ctx, id, func(e seckill.DrawEntry) error {
		line := proofLine{sku: skus[e.SKU], status: e.Status}
		if d.State == seckill.DrawDrawn { // it may have been drawn since
			line.rank = int32(e.Rank)
		} else {
			line.status = ""
		}
		_, err := hex.Decode(line.hash[:], []byte(e.Hash))
		p.entries = append(p.entries, line)
		return err
	})
	return p, err
}
