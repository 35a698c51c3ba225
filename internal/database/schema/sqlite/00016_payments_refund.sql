-- +goose Up
ALTER TABLE payments ADD COLUMN refund_attempts INTEGER NOT NULL DEFAULT 0;
-- When to try next; NULL: a person has to.
ALTER TABLE payments ADD COLUMN refund_next INTEGER NULL DEFAULT 0;
-- Why the last attempt failed.
ALTER TABLE payments ADD COLUMN refund_error TEXT NOT NULL DEFAULT '';
CREATE INDEX payments_refund ON payments (status, refund_next);

-- +goose Down
DROP INDEX payments_refund;
ALTER TABLE payments DROP COLUMN refund_error;
ALTER TABLE payments DROP COLUMN refund_next;
ALTER TABLE payments DROP COLUMN refund_attempts;
