-- +goose Up
-- Events that the shop's endpoint has not accepted yet.
CREATE TABLE deliveries (
  id         INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  event_id   TEXT    NOT NULL,
  type       TEXT    NOT NULL,
  body       TEXT    NOT NULL, -- the event as JSON
  created_at INTEGER NOT NULL,
  next_at    INTEGER NOT NULL, -- when to try next
  attempts   INTEGER NOT NULL DEFAULT 0, -- tries that failed
  error      TEXT    NOT NULL DEFAULT '', -- why the last try failed
  dead_at    INTEGER NOT NULL DEFAULT 0 -- when the last try failed for good, 0 before
) STRICT;
CREATE INDEX deliveries_due ON deliveries (dead_at, next_at);

-- +goose Down
DROP TABLE deliveries;
