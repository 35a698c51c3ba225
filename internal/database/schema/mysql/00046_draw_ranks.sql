-- +goose Up
-- The order of those who entered, by public randomness.
CREATE TABLE IF NOT EXISTS draw_ranks (
  sale_id BIGINT      NOT NULL,
  sku     VARCHAR(64) NOT NULL,
  place   BIGINT      NOT NULL COMMENT 'from 1 on, among those who want the item',
  buyer   VARCHAR(64) NOT NULL,
  PRIMARY KEY (sale_id, sku, place),
  UNIQUE KEY draw_ranks_buyer (sale_id, buyer)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down
DROP TABLE draw_ranks;
