-- +goose Up
CREATE TABLE stock_history (
  order_id   INTEGER NOT NULL,
  sku        TEXT    NOT NULL,
  kind       INTEGER NOT NULL, -- 1 reserve, 2 release, 3 confirm
  sale_id    INTEGER NOT NULL,
  quantity   INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (order_id, sku, kind),
  CONSTRAINT stock_history_quantity CHECK (quantity > 0)
) STRICT, WITHOUT ROWID;
CREATE INDEX stock_history_sale ON stock_history (sale_id, sku, kind, quantity);

-- +goose Down
DROP TABLE stock_history;
