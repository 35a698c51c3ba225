-- +goose Up
-- Orders that Redis has to be told of.
CREATE TABLE IF NOT EXISTS adoptions (
  order_id   BIGINT NOT NULL,
  sale_id    BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (order_id),
  KEY adoptions_sale (sale_id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down
DROP TABLE adoptions;
