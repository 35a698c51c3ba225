-- +goose Up
-- Who waits for units of sales that are sold out, the first first.
CREATE TABLE IF NOT EXISTS waiters (
  id         BIGINT      NOT NULL AUTO_INCREMENT,
  sale_id    BIGINT      NOT NULL,
  buyer      VARCHAR(64) NOT NULL,
  sku        VARCHAR(64) NOT NULL,
  quantity   BIGINT      NOT NULL,
  status     VARCHAR(8)  NOT NULL COMMENT 'waiting, offering, offered, left, lapsed',
  order_id   BIGINT      NOT NULL COMMENT 'of the order that an offer makes',
  joined_at  BIGINT      NOT NULL,
  updated_at BIGINT      NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY waiters_buyer (sale_id, buyer),
  KEY waiters_queue (status, sale_id, id),
  CONSTRAINT waiters_quantity CHECK (quantity > 0)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down
DROP TABLE waiters;
