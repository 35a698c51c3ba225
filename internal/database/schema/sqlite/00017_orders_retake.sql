-- +goose Up
ALTER TABLE orders ADD COLUMN retake INTEGER NOT NULL DEFAULT 0; -- paid after its end: 1 undecided, 2 decided

-- +goose Down
ALTER TABLE orders DROP COLUMN retake;
