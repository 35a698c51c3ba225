-- +goose Up
CREATE TABLE deduction_lines (
  order_no TEXT    NOT NULL,
  goods    TEXT    NOT NULL,
  quantity INTEGER NOT NULL,
  PRIMARY KEY (order_no, goods),
  CONSTRAINT deduction_lines_quantity CHECK (quantity > 0)
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE deduction_lines;
