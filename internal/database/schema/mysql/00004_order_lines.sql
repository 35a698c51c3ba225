-- +goose Up
CREATE TABLE IF NOT EXISTS order_lines (
  order_id BIGINT      NOT NULL,
  sku      VARCHAR(64) NOT NULL,
  position INT         NOT NULL,
  quantity BIGINT      NOT NULL,
  price    BIGINT      NOT NULL,
  PRIMARY KEY (order_id, sku),
  CONSTRAINT order_lines_quantity CHECK (quantity > 0)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down
DROP TABLE order_lines;
