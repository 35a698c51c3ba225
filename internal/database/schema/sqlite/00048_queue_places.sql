-- +goose Up
CREATE TABLE queue_places (
  sale_id   INTEGER NOT NULL,
  buyer     TEXT    NOT NULL,
  number    INTEGER NOT NULL, -- orders the places, below 2^62 where it is shuffled
  state     TEXT    NOT NULL, -- waiting, called, served, lapsed
  joined_at INTEGER NOT NULL,
  turn_ends INTEGER NOT NULL DEFAULT 0, -- of one that was called
  PRIMARY KEY (sale_id, buyer)
) STRICT, WITHOUT ROWID;
CREATE INDEX queue_places_turns ON queue_places (sale_id, state, number);

-- +goose Down
DROP TABLE queue_places;
