-- +goose Up
CREATE TABLE IF NOT EXISTS orders (
  id          BIGINT       NOT NULL,
  sale_id     BIGINT       NOT NULL,
  buyer       VARCHAR(64)  NOT NULL,
  request_key VARCHAR(64)  NULL,
  ticket      BIGINT       NOT NULL,
  amount      BIGINT       NOT NULL,
  currency    CHAR(3)      NOT NULL,
  status      VARCHAR(20)  NOT NULL,
  reason      VARCHAR(200) NOT NULL,
  stock_state TINYINT      NOT NULL COMMENT '1 reserved, 2 sold, 3 releasing, 4 released',
  created_at  BIGINT       NOT NULL,
  hold_until  BIGINT       NOT NULL,
  updated_at  BIGINT       NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY orders_request (sale_id, buyer, request_key),
  KEY orders_buyer (buyer, id),
  KEY orders_sale (sale_id, id),
  KEY orders_sale_status (sale_id, status, id),
  KEY orders_due (status, stock_state, hold_until),
  KEY orders_releasing (stock_state, sale_id, id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down
DROP TABLE orders;
