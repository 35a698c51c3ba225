-- +goose Up
-- Who waits for units of sales that are sold out, the first first.
CREATE TABLE waiters (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  sale_id    INTEGER NOT NULL,
  buyer      TEXT    NOT NULL,
  sku        TEXT    NOT NULL,
  quantity   INTEGER NOT NULL,
  status     TEXT    NOT NULL, -- waiting, offering, offered, left, lapsed
  order_id   INTEGER NOT NULL, -- of the order that an offer makes
  joined_at  INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  CONSTRAINT waiters_quantity CHECK (quantity > 0)
) STRICT;
CREATE UNIQUE INDEX waiters_buyer ON waiters (sale_id, buyer);
CREATE INDEX waiters_queue ON waiters (status, sale_id, id);

-- +goose Down
DROP TABLE waiters;
