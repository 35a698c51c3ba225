-- +goose Up
CREATE TABLE event_outbox (
  id         INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  events     TEXT    NOT NULL, -- a JSON array, the events of one transaction
  created_at INTEGER NOT NULL
) STRICT;

-- +goose Down
DROP TABLE event_outbox;
