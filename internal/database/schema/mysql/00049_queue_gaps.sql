-- +goose Up
CREATE TABLE IF NOT EXISTS queue_gaps (
  id      BIGINT     NOT NULL AUTO_INCREMENT,
  sale_id BIGINT     NOT NULL,
  number  BIGINT     NOT NULL COMMENT 'of a place that nobody has any more',
  why     VARCHAR(8) NOT NULL COMMENT 'left, or again: its buyer has another one',
  PRIMARY KEY (id),
  KEY queue_gaps_sale (sale_id, id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down
DROP TABLE queue_gaps;
