package bench

import "fmt"

// figures are all there are, in the order in which they are measured.
var figures = []figure{figure1, figure3, figure4, figure7, figure14, figure6, figure2, figure5, figure8, figure10, figure13, figure9, figure12, figure11, figure15}

// settings tells what the figures were measured with.
func (l *Lab) settings() []string {
	return []string{
		"Redis: append-only file, appendfsync everysec. RabbitMQ: quorum queues, publisher confirms. SQL: innodb_flush_log_at_trx_commit = 1.",
		fmt.Sprintf("One web and one worker process with default settings, but limits per address and buyer that are checked and never reached (1,000,000 a second) and admission.max_in_flight 10,000,000; %d buyers with tokens of their own (HS256), a limit per buyer of 1,000 units, one unit an order, an Idempotency-Key on each request, keep-alive.", l.Buyers),
		fmt.Sprintf("%d rounds, each with fresh processes, an empty Redis and a new database: the reference first, then the service, %v each after %v of the same load; buyers bought for %v in 4 and 5. Medians of the rounds. After each round the audit was clean and SQL had just the orders that were accepted.", l.Rounds, l.Measure, l.Warm, l.Sustained),
	}
}
