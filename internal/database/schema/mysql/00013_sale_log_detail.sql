-- +goose Up
ALTER TABLE sale_log ADD COLUMN detail VARCHAR(200) NOT NULL DEFAULT '' COMMENT 'what a repair set';

-- +goose Down
ALTER TABLE sale_log DROP COLUMN detail;
