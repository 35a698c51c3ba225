-- +goose Up
-- Orders that Redis has to be told of.
CREATE TABLE IF NOT EXISTS adoptions (
  order_id   INTEGER NOT NULL PRIMARY KEY,
  sale_id    INTEGER NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX adoptions_sale ON adoptions (sale_id);

-- +goose Down
DROP TABLE adoptions;
