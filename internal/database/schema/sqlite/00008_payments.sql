-- +goose Up
CREATE TABLE payments (
  provider   TEXT    NOT NULL,
  payment_id TEXT    NOT NULL,
  order_id   INTEGER NOT NULL,
  open_order INTEGER NULL, -- order_id while open, so that an order has one open payment
  amount     INTEGER NOT NULL,
  currency   TEXT    NOT NULL,
  status     TEXT    NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (provider, payment_id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX payments_open ON payments (open_order, provider);
CREATE INDEX payments_order ON payments (order_id, status);
CREATE INDEX payments_status ON payments (status, updated_at);

-- +goose Down
DROP TABLE payments;
