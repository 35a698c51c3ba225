-- +goose Up
CREATE TABLE raised_events ( -- those of payment_events that a person has to look at
  created_at INTEGER NOT NULL,
  provider   TEXT    NOT NULL,
  event_id   TEXT    NOT NULL,
  PRIMARY KEY (created_at, provider, event_id)
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE raised_events;
