-- +goose Up
ALTER TABLE sales
  ADD COLUMN entry         VARCHAR(8) NOT NULL DEFAULT '' COMMENT 'how buyers get in: empty is open, draw',
  ADD COLUMN entries_until BIGINT     NULL COMMENT 'of a draw, NULL is starts_at';

-- +goose Down
ALTER TABLE sales DROP COLUMN entries_until, DROP COLUMN entry;
