-- +goose Up
CREATE TABLE queue_gaps (
  id      INTEGER PRIMARY KEY AUTOINCREMENT,
  sale_id INTEGER NOT NULL,
  number  INTEGER NOT NULL, -- of a place that nobody has any more
  why     TEXT    NOT NULL  -- left, or again: its buyer has another one
) STRICT;
CREATE INDEX queue_gaps_sale ON queue_gaps (sale_id, id);

-- +goose Down
DROP TABLE queue_gaps;
