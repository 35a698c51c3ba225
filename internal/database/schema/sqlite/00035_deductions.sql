-- +goose Up
-- What one order of the shop took of its stock.
CREATE TABLE deductions (
  order_no   TEXT    NOT NULL,
  user_id    TEXT    NOT NULL, -- empty: a mark that was left before anybody sold
  state      INTEGER NOT NULL, -- 1 reserved, 2 confirmed, 3 returned
  hold_until INTEGER NULL,     -- NULL: until it is confirmed or rolled back
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (order_no)
) STRICT, WITHOUT ROWID;
CREATE INDEX deductions_due ON deductions (state, hold_until);

-- +goose Down
DROP TABLE deductions;
