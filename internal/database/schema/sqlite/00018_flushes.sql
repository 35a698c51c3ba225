-- +goose Up
-- Rows that are changed only so that a commit writes the log; MySQL needs them.
CREATE TABLE flushes (
  slot  INTEGER NOT NULL PRIMARY KEY,
  count INTEGER NOT NULL
) STRICT;

-- +goose Down
DROP TABLE flushes;
