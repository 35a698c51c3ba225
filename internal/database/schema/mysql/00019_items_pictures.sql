-- +goose Up
ALTER TABLE items
  ADD COLUMN images     TEXT   NULL COMMENT 'addresses of more pictures, with spaces between',
  ADD COLUMN list_price BIGINT NOT NULL DEFAULT 0 COMMENT '0 is none';

-- +goose Down
ALTER TABLE items DROP COLUMN images, DROP COLUMN list_price;
