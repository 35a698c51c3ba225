-- +goose Up
CREATE TABLE IF NOT EXISTS stock_changes (
  id         BIGINT       NOT NULL AUTO_INCREMENT,
  sale_id    BIGINT       NOT NULL,
  sku        VARCHAR(64)  NOT NULL,
  delta      BIGINT       NOT NULL,
  total      BIGINT       NOT NULL COMMENT 'after the change',
  revision   BIGINT       NOT NULL COMMENT 'of the sale, after the change',
  actor      VARCHAR(64)  NOT NULL,
  reason     VARCHAR(200) NOT NULL,
  created_at BIGINT       NOT NULL,
  PRIMARY KEY (id),
  KEY stock_changes_sale (sale_id, id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down
DROP TABLE stock_changes;
