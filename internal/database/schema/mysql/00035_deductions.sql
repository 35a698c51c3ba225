-- +goose Up
-- What one order of the shop took of its stock.
CREATE TABLE IF NOT EXISTS deductions (
  order_no   VARCHAR(64)  NOT NULL,
  user_id    VARCHAR(64)  NOT NULL COMMENT 'empty: a mark that was left before anybody sold',
  state      TINYINT      NOT NULL COMMENT '1 reserved, 2 confirmed, 3 returned',
  hold_until BIGINT       NULL COMMENT 'NULL: until it is confirmed or rolled back',
  created_at BIGINT       NOT NULL,
  updated_at BIGINT       NOT NULL,
  PRIMARY KEY (order_no),
  KEY deductions_due (state, hold_until)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down
DROP TABLE deductions;
