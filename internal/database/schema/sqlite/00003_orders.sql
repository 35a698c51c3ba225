-- +goose Up
CREATE TABLE orders (
  id          INTEGER NOT NULL PRIMARY KEY,
  sale_id     INTEGER NOT NULL,
  buyer       TEXT    NOT NULL,
  request_key TEXT    NULL,
  ticket      INTEGER NOT NULL,
  amount      INTEGER NOT NULL,
  currency    TEXT    NOT NULL,
  status      TEXT    NOT NULL,
  reason      TEXT    NOT NULL,
  stock_state INTEGER NOT NULL, -- 1 reserved, 2 sold, 3 releasing, 4 released
  created_at  INTEGER NOT NULL,
  hold_until  INTEGER NOT NULL,
  updated_at  INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX orders_request ON orders (sale_id, buyer, request_key);
CREATE INDEX orders_buyer ON orders (buyer, id);
CREATE INDEX orders_sale ON orders (sale_id, id);
CREATE INDEX orders_sale_status ON orders (sale_id, status, id);
CREATE INDEX orders_due ON orders (status, stock_state, hold_until);
CREATE INDEX orders_releasing ON orders (stock_state, sale_id, id);

-- +goose Down
DROP TABLE orders;
