-- +goose Up
CREATE TABLE payment_events (
  provider   TEXT    NOT NULL,
  event_id   TEXT    NOT NULL,
  type       TEXT    NOT NULL,
  payment_id TEXT    NOT NULL,
  order_id   INTEGER NOT NULL,
  amount     INTEGER NOT NULL,
  currency   TEXT    NOT NULL,
  paid_at    INTEGER NOT NULL, -- 0 when the provider gave none
  outcome    TEXT    NOT NULL,
  note       TEXT    NOT NULL, -- why, for a mismatch
  body       BLOB    NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (provider, event_id)
) STRICT;
CREATE INDEX payment_events_order ON payment_events (order_id);

-- +goose Down
DROP TABLE payment_events;
