-- +goose Up
CREATE TABLE sales (
  id           INTEGER NOT NULL PRIMARY KEY,
  sale_key     TEXT    NULL,
  draft_digest TEXT    NOT NULL,
  name         TEXT    NOT NULL,
  state        TEXT    NOT NULL,
  starts_at    INTEGER NOT NULL,
  ends_at      INTEGER NOT NULL,
  hold_ms      INTEGER NOT NULL,
  revision     INTEGER NOT NULL,
  created_at   INTEGER NOT NULL,
  updated_at   INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX sales_key ON sales (sale_key);
CREATE INDEX sales_state ON sales (state, id);

-- +goose Down
DROP TABLE sales;
