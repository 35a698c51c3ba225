-- +goose Up
-- A payment's change of status moves an entry in each index that has it. What awaits a
-- refund is found by status alone, and an order has few payments.
DROP INDEX payments_refund;
DROP INDEX payments_order;
CREATE INDEX payments_order ON payments (order_id);

-- +goose Down
DROP INDEX payments_order;
CREATE INDEX payments_order ON payments (order_id, status);
CREATE INDEX payments_refund ON payments (status, refund_next);
