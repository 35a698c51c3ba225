-- +goose Up
CREATE TABLE order_lines (
  order_id INTEGER NOT NULL,
  sku      TEXT    NOT NULL,
  position INTEGER NOT NULL,
  quantity INTEGER NOT NULL,
  price    INTEGER NOT NULL,
  PRIMARY KEY (order_id, sku),
  CONSTRAINT order_lines_quantity CHECK (quantity > 0)
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE order_lines;
