-- +goose Up
ALTER TABLE payments
  ADD COLUMN refund_attempts INT          NOT NULL DEFAULT 0,
  ADD COLUMN refund_next     BIGINT       NULL DEFAULT 0 COMMENT 'when to try next, NULL where a person has to',
  ADD COLUMN refund_error    VARCHAR(200) NOT NULL DEFAULT '' COMMENT 'why the last attempt failed',
  ADD KEY payments_refund (status, refund_next);

-- +goose Down
ALTER TABLE payments
  DROP KEY payments_refund,
  DROP COLUMN refund_error,
  DROP COLUMN refund_next,
  DROP COLUMN refund_attempts;
