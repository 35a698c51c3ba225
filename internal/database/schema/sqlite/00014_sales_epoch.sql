-- +goose Up
-- Counts how often the sale was loaded into Redis.
ALTER TABLE sales ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE sales DROP COLUMN epoch;
