-- +goose Up
ALTER TABLE orders ADD COLUMN payment_failed_at BIGINT NOT NULL DEFAULT 0 COMMENT 'the last attempt to pay failed then, 0 when none did or another was begun';

-- +goose Down
ALTER TABLE orders DROP COLUMN payment_failed_at;
