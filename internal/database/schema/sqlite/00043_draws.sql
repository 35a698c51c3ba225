-- +goose Up
CREATE TABLE draws (
  sale_id       INTEGER PRIMARY KEY,
  state         TEXT    NOT NULL, -- entering, closing, committed, drawn
  entries_until INTEGER NOT NULL,
  beacon        TEXT    NOT NULL, -- JSON: chain hash, public key, genesis, period
  planned_round INTEGER NOT NULL, -- that was announced with the sale
  root          TEXT    NOT NULL DEFAULT '', -- Merkle root over the entries, hexadecimal
  entries       INTEGER NOT NULL DEFAULT 0,
  round         INTEGER NOT NULL DEFAULT 0,
  committed_at  INTEGER,
  signature     TEXT    NOT NULL DEFAULT '', -- of the round, hexadecimal
  drawn_at      INTEGER,
  trouble       TEXT    NOT NULL DEFAULT '' -- why it waits though it is due
) STRICT;

-- +goose Down
DROP TABLE draws;
