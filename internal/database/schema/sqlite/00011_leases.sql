-- +goose Up
CREATE TABLE leases (
  name     TEXT    NOT NULL PRIMARY KEY,
  owner    TEXT    NOT NULL,
  until_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX leases_owner ON leases (owner);

-- +goose Down
DROP TABLE leases;
