-- +goose Up
-- Every change of the shop's stock, which adds up to the counters of inventory.
CREATE TABLE IF NOT EXISTS inventory_history (
  id         BIGINT       NOT NULL AUTO_INCREMENT,
  goods      VARCHAR(64)  NOT NULL,
  kind       TINYINT      NOT NULL COMMENT '1 set, 2 sell, 3 confirm, 4 roll back, 5 allot, 6 allotment returned, 7 allotment sold',
  quantity   BIGINT       NOT NULL COMMENT 'of a set: the difference',
  order_no   VARCHAR(64)  NULL,
  sale_id    BIGINT       NULL,
  user_id    VARCHAR(64)  NOT NULL COMMENT 'whose order, or who did it',
  reason     VARCHAR(200) NOT NULL DEFAULT '',
  created_at BIGINT       NOT NULL,
  PRIMARY KEY (id),
  KEY inventory_history_goods (goods, id),
  KEY inventory_history_order (order_no, id),
  KEY inventory_history_user (user_id, id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down
DROP TABLE inventory_history;
