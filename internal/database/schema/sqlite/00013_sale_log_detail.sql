-- +goose Up
ALTER TABLE sale_log ADD COLUMN detail TEXT NOT NULL DEFAULT ''; -- what a repair set

-- +goose Down
ALTER TABLE sale_log DROP COLUMN detail;
