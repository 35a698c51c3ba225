-- +goose Up
-- Imports of the shop's stock, so that each counts once.
CREATE TABLE inventory_imports (
  import_key TEXT    NOT NULL,
  actor      TEXT    NOT NULL,
  reason     TEXT    NOT NULL,
  row_count  INTEGER NOT NULL,
  content    TEXT    NOT NULL, -- SHA-256 of what it asked for
  created_at INTEGER NOT NULL,
  PRIMARY KEY (import_key)
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE inventory_imports;
