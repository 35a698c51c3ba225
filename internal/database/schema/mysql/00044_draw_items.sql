-- +goose Up
CREATE TABLE IF NOT EXISTS draw_items (
  sale_id BIGINT      NOT NULL,
  sku     VARCHAR(64) NOT NULL,
  entries BIGINT      NOT NULL DEFAULT 0 COMMENT 'that want it, counted when the draw is closed',
  placed  BIGINT      NOT NULL DEFAULT 0 COMMENT 'ranks that are in the waitlist',
  PRIMARY KEY (sale_id, sku)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down
DROP TABLE draw_items;
