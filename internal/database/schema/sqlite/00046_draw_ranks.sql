-- +goose Up
-- The order of those who entered, by public randomness.
CREATE TABLE draw_ranks (
  sale_id INTEGER NOT NULL,
  sku     TEXT    NOT NULL,
  place   INTEGER NOT NULL, -- from 1 on, among those who want the item
  buyer   TEXT    NOT NULL,
  PRIMARY KEY (sale_id, sku, place)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX draw_ranks_buyer ON draw_ranks (sale_id, buyer);

-- +goose Down
DROP TABLE draw_ranks;
