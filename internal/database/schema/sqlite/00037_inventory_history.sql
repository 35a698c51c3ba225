-- +goose Up
-- Every change of the shop's stock, which adds up to the counters of inventory.
CREATE TABLE inventory_history (
  id         INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  goods      TEXT    NOT NULL,
  kind       INTEGER NOT NULL, -- 1 set, 2 sell, 3 confirm, 4 roll back, 5 allot, 6 allotment returned, 7 allotment sold
  quantity   INTEGER NOT NULL, -- of a set: the difference
  order_no   TEXT    NULL,
  sale_id    INTEGER NULL,
  user_id    TEXT    NOT NULL, -- whose order, or who did it
  reason     TEXT    NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX inventory_history_goods ON inventory_history (goods, id);
CREATE INDEX inventory_history_order ON inventory_history (order_no, id);
CREATE INDEX inventory_history_user ON inventory_history (user_id, id);

-- +goose Down
DROP TABLE inventory_history;
