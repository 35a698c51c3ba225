-- +goose Up
CREATE TABLE IF NOT EXISTS stock_history (
  order_id   BIGINT      NOT NULL,
  sku        VARCHAR(64) NOT NULL,
  kind       TINYINT     NOT NULL COMMENT '1 reserve, 2 release, 3 confirm',
  sale_id    BIGINT      NOT NULL,
  quantity   BIGINT      NOT NULL,
  created_at BIGINT      NOT NULL,
  PRIMARY KEY (order_id, sku, kind),
  KEY stock_history_sale (sale_id, sku, kind, quantity),
  CONSTRAINT stock_history_quantity CHECK (quantity > 0)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down
DROP TABLE stock_history;
