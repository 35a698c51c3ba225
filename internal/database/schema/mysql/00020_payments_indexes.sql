-- +goose Up
-- A payment's change of status moves an entry in each index that has it. What awaits a
-- refund is found by status alone, and an order has few payments.
ALTER TABLE payments
  DROP KEY payments_refund,
  DROP KEY payments_order,
  ADD KEY payments_order (order_id);

-- +goose Down
ALTER TABLE payments
  DROP KEY payments_order,
  ADD KEY payments_order (order_id, status),
  ADD KEY payments_refund (status, refund_next);
