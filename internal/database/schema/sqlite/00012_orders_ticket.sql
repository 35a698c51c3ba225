-- +goose Up
-- The audit asks which orders were admitted after a ticket.
CREATE INDEX orders_ticket ON orders (sale_id, ticket);

-- +goose Down
DROP INDEX orders_ticket;
