-- +goose Up
-- The stock of the shop. On hand is available + reserved + allotted, and sold has left.
CREATE TABLE inventory (
  goods      TEXT    NOT NULL,
  available  INTEGER NOT NULL DEFAULT 0,
  reserved   INTEGER NOT NULL DEFAULT 0, -- by orders of the shop
  allotted   INTEGER NOT NULL DEFAULT 0, -- to sales
  sold       INTEGER NOT NULL DEFAULT 0,
  version    INTEGER NOT NULL DEFAULT 1, -- grows with each change
  fence      INTEGER NOT NULL DEFAULT 0, -- highest number of a lock that has written
  strategy   TEXT    NULL,               -- NULL: the configured one
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (goods),
  CONSTRAINT inventory_available CHECK (available >= 0),
  CONSTRAINT inventory_reserved CHECK (reserved >= 0),
  CONSTRAINT inventory_allotted CHECK (allotted >= 0),
  CONSTRAINT inventory_sold CHECK (sold >= 0)
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE inventory;
