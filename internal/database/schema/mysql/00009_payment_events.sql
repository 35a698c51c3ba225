-- +goose Up
CREATE TABLE IF NOT EXISTS payment_events (
  provider   VARCHAR(32)  NOT NULL,
  event_id   VARCHAR(191) NOT NULL,
  type       VARCHAR(64)  NOT NULL,
  payment_id VARCHAR(191) NOT NULL,
  order_id   BIGINT       NOT NULL,
  amount     BIGINT       NOT NULL,
  currency   VARCHAR(16)  NOT NULL,
  paid_at    BIGINT       NOT NULL COMMENT '0 when the provider gave none',
  outcome    VARCHAR(16)  NOT NULL,
  note       VARCHAR(200) NOT NULL COMMENT 'why, for a mismatch',
  body       MEDIUMBLOB   NOT NULL,
  created_at BIGINT       NOT NULL,
  PRIMARY KEY (provider, event_id),
  KEY payment_events_order (order_id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down
DROP TABLE payment_events;
