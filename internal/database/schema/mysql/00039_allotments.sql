-- +goose Up
-- What sales have of the shop's stock, until they are over.
CREATE TABLE IF NOT EXISTS allotments (
  sale_id BIGINT      NOT NULL,
  goods   VARCHAR(64) NOT NULL,
  units   BIGINT      NOT NULL,
  PRIMARY KEY (sale_id, goods),
  KEY allotments_goods (goods),
  CONSTRAINT allotments_units CHECK (units >= 0)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down
DROP TABLE allotments;
