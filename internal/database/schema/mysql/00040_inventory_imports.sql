-- +goose Up
-- Imports of the shop's stock, so that each counts once.
CREATE TABLE IF NOT EXISTS inventory_imports (
  import_key VARCHAR(64)  NOT NULL,
  actor      VARCHAR(64)  NOT NULL,
  reason     VARCHAR(200) NOT NULL,
  row_count  INT          NOT NULL,
  content    CHAR(64)     NOT NULL COMMENT 'SHA-256 of what it asked for',
  created_at BIGINT       NOT NULL,
  PRIMARY KEY (import_key)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down
DROP TABLE inventory_imports;
