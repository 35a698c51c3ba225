// Package tab has what all tests do alike that look at a page in a browser's tab.
package tab

import (
	"context"
	"strings"

	"github.com/chromedp/chromedp"
)

// Do runs steps one after the other. A step finds its node first, and then acts on it:
// where the page has drawn itself anew in between, it has done nothing, and is run
// again until ctx ends.
func Do(ctx context.Context, steps ...chromedp.Action[chromedp.Void]) error {
	for _, step := range steps {
		if _, err := Ask(ctx, step); err != nil {
			return err
		}
	}
	return nil
}

// Ask does so with one step, and gives its answer.
func Ask[T any](ctx context.Context, step chromedp.Action[T]) (T, error) {
	for {
		answer, err := chromedp.Run(ctx, step)
		if err == nil || ctx.Err() != nil || !strings.Contains(err.Error(), "Could not find node with given id") {
			return answer, err
		}
	}
}
