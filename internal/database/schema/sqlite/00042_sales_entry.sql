-- +goose Up
ALTER TABLE sales ADD COLUMN entry TEXT NOT NULL DEFAULT ''; -- how buyers get in: empty is open, draw
ALTER TABLE sales ADD COLUMN entries_until INTEGER; -- of a draw; NULL is starts_at

-- +goose Down
ALTER TABLE sales DROP COLUMN entries_until;
ALTER TABLE sales DROP COLUMN entry;
