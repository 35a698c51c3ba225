package stockload

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// reply is what a process answers: twice to each plan, when it is ready and at the end.
type reply struct {
	Error  string  `json:",omitempty"`
	Record *record `json:",omitempty"`
}

// Serve is a process of callers: it does what it is told on in, one line of JSON each,
// until that ends. open gives a way to sell.
func Serve(ctx context.Context, in io.Reader, out io.Writer, open func(way string) (Seller, error)) error {
	told, answers := json.NewDecoder(in), json.NewEncoder(out)
	for {
		var p plan
		if err := told.Decode(&p); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("a plan for the callers: %w", err)
		}
		s, err := open(p.Way)
		if err != nil {
			if err := answers.Encode(reply{Error: err.Error()}); err != nil {
				return err
			}
			continue
		}
		if err := serveOne(ctx, p, s, told, answers); err != nil {
			return err
		}
	}
}

func serveOne(ctx context.Context, p plan, s Seller, told *json.Decoder, answers *json.Encoder) (err error) {
	defer func() { err = errors.Join(err, s.Close()) }()
	if err := answers.Encode(reply{}); err != nil {
		return err
	}
	var begin bool // when all processes are ready
	if err := told.Decode(&begin); err != nil || !begin {
		return err
	}
	r := p.run(ctx, s)
	return answers.Encode(reply{Record: &r})
}
