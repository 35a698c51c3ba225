-- +goose Up
CREATE TABLE queues (
  sale_id    INTEGER PRIMARY KEY,
  seed       TEXT    NOT NULL, -- shuffles who comes before the start, hexadecimal
  commitment TEXT    NOT NULL, -- what is published of the seed before it
  pass_key   TEXT    NOT NULL, -- signs passes, hexadecimal
  opened_at  INTEGER,          -- since when who comes is behind all others
  paused     INTEGER NOT NULL DEFAULT 0,
  early      INTEGER NOT NULL DEFAULT 0, -- places that are shuffled
  arrivals   INTEGER NOT NULL DEFAULT 0, -- places that were given since it opened
  called_to  INTEGER NOT NULL DEFAULT 0, -- highest number whose turn has come
  pace_low   REAL    NOT NULL DEFAULT 0, -- turns a second, lately
  pace_high  REAL    NOT NULL DEFAULT 0
) STRICT;

-- +goose Down
DROP TABLE queues;
