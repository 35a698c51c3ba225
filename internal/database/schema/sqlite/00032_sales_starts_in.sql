-- +goose Up
ALTER TABLE sales ADD COLUMN starts_in_ms INTEGER NULL; -- how long after its creation it starts, where it was written so

-- +goose Down
ALTER TABLE sales DROP COLUMN starts_in_ms;
