-- +goose Up
ALTER TABLE items ADD COLUMN images TEXT NULL; -- addresses of more pictures, with spaces between
ALTER TABLE items ADD COLUMN list_price INTEGER NOT NULL DEFAULT 0; -- 0 is none

-- +goose Down
ALTER TABLE items DROP COLUMN list_price;
ALTER TABLE items DROP COLUMN images;
