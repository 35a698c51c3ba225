-- +goose Up
-- The stock of the shop. On hand is available + reserved + allotted, and sold has left.
CREATE TABLE IF NOT EXISTS inventory (
  goods      VARCHAR(64) NOT NULL,
  available  BIGINT      NOT NULL DEFAULT 0,
  reserved   BIGINT      NOT NULL DEFAULT 0 COMMENT 'by orders of the shop',
  allotted   BIGINT      NOT NULL DEFAULT 0 COMMENT 'to sales',
  sold       BIGINT      NOT NULL DEFAULT 0,
  version    BIGINT      NOT NULL DEFAULT 1 COMMENT 'grows with each change',
  fence      BIGINT      NOT NULL DEFAULT 0 COMMENT 'highest number of a lock that has written',
  strategy   VARCHAR(16) NULL COMMENT 'NULL: the configured one',
  updated_at BIGINT      NOT NULL,
  PRIMARY KEY (goods),
  CONSTRAINT inventory_available CHECK (available >= 0),
  CONSTRAINT inventory_reserved CHECK (reserved >= 0),
  CONSTRAINT inventory_allotted CHECK (allotted >= 0),
  CONSTRAINT inventory_sold CHECK (sold >= 0)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down
DROP TABLE inventory;
