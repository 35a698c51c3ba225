-- +goose Up
CREATE TABLE sale_log (
  id       INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  sale_id  INTEGER NOT NULL,
  actor    TEXT    NOT NULL, -- empty when the caller named nobody
  action   TEXT    NOT NULL, -- created, changed, or the state it went to
  revision INTEGER NOT NULL,
  at       INTEGER NOT NULL
) STRICT;
CREATE INDEX sale_log_sale ON sale_log (sale_id, id);

-- +goose Down
DROP TABLE sale_log;
