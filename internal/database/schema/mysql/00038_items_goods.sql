-- +goose Up
ALTER TABLE items ADD COLUMN goods_id VARCHAR(64) NULL COMMENT 'goods of the shop''s stock that its units are taken from';

-- +goose Down
ALTER TABLE items DROP COLUMN goods_id;
