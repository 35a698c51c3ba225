-- +goose Up
CREATE TABLE stock_changes (
  id         INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  sale_id    INTEGER NOT NULL,
  sku        TEXT    NOT NULL,
  delta      INTEGER NOT NULL,
  total      INTEGER NOT NULL, -- after the change
  revision   INTEGER NOT NULL, -- of the sale, after the change
  actor      TEXT    NOT NULL,
  reason     TEXT    NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX stock_changes_sale ON stock_changes (sale_id, id);

-- +goose Down
DROP TABLE stock_changes;
