-- +goose Up
-- Goods of the shop's stock that an item's units are taken from.
ALTER TABLE items ADD COLUMN goods_id TEXT NULL;

-- +goose Down
ALTER TABLE items DROP COLUMN goods_id;
