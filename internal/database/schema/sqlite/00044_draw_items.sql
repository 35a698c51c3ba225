-- +goose Up
CREATE TABLE draw_items (
  sale_id INTEGER NOT NULL,
  sku     TEXT    NOT NULL,
  entries INTEGER NOT NULL DEFAULT 0, -- that want it, counted when the draw is closed
  placed  INTEGER NOT NULL DEFAULT 0, -- ranks that are in the waitlist
  PRIMARY KEY (sale_id, sku)
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE draw_items;
