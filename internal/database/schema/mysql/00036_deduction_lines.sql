-- +goose Up
CREATE TABLE IF NOT EXISTS deduction_lines (
  order_no VARCHAR(64) NOT NULL,
  goods    VARCHAR(64) NOT NULL,
  quantity BIGINT      NOT NULL,
  PRIMARY KEY (order_no, goods),
  CONSTRAINT deduction_lines_quantity CHECK (quantity > 0)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down
DROP TABLE deduction_lines;
