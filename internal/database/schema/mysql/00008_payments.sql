-- +goose Up
CREATE TABLE IF NOT EXISTS payments (
  provider   VARCHAR(32)  NOT NULL,
  payment_id VARCHAR(191) NOT NULL,
  order_id   BIGINT       NOT NULL,
  open_order BIGINT       NULL COMMENT 'order_id while open, so that an order has one open payment',
  amount     BIGINT       NOT NULL,
  currency   CHAR(3)      NOT NULL,
  status     VARCHAR(16)  NOT NULL,
  created_at BIGINT       NOT NULL,
  updated_at BIGINT       NOT NULL,
  PRIMARY KEY (provider, payment_id),
  UNIQUE KEY payments_open (open_order, provider),
  KEY payments_order (order_id, status),
  KEY payments_status (status, updated_at)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down
DROP TABLE payments;
