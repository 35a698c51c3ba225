-- +goose Up
-- What the stand-in gateway knows of payments, and the shop does not yet.
CREATE TABLE IF NOT EXISTS mock_payments (
  payment_id VARCHAR(191) NOT NULL,
  paid_at    BIGINT       NOT NULL COMMENT '0: not before the shop is told',
  tell_at    BIGINT       NOT NULL COMMENT 'when to tell the shop, 0: it has to ask',
  PRIMARY KEY (payment_id),
  KEY mock_payments_due (tell_at)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down
DROP TABLE mock_payments;
