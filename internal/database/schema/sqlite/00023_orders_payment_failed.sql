-- +goose Up
ALTER TABLE orders ADD COLUMN payment_failed_at INTEGER NOT NULL DEFAULT 0; -- the last attempt to pay failed then, 0 when none did or another was begun

-- +goose Down
ALTER TABLE orders DROP COLUMN payment_failed_at;
