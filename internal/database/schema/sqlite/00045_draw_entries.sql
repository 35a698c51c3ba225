-- +goose Up
CREATE TABLE draw_entries (
  sale_id    INTEGER NOT NULL,
  buyer      TEXT    NOT NULL,
  sku        TEXT    NOT NULL,
  salt       TEXT    NOT NULL, -- known to the buyer alone, hexadecimal
  hash       TEXT    NOT NULL, -- what is published of the entry, hexadecimal
  order_id   INTEGER NOT NULL, -- of the order that a turn makes
  entered_at INTEGER NOT NULL,
  PRIMARY KEY (sale_id, buyer)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX draw_entries_hash ON draw_entries (sale_id, hash);

-- +goose Down
DROP TABLE draw_entries;
