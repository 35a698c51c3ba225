package ledger

import "context"

type actorKey struct{}

// ActingAs names who acts, for the log of a sale, where a call has no parameter
// for it: CreateSale and UpdateDraft.
func ActingAs(ctx context.Context, actor string) context.Context {
	return context.WithValue(ctx, actorKey{}, actor)
}

// actorOf is empty where nobody was named.
func actorOf(ctx context.Context) string {
	actor, _ := ctx.Value(actorKey{}).(string)
	return shortActor(actor)
}
