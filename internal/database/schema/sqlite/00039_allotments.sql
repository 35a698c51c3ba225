-- +goose Up
-- What sales have of the shop's stock, until they are over.
CREATE TABLE allotments (
  sale_id INTEGER NOT NULL,
  goods   TEXT    NOT NULL,
  units   INTEGER NOT NULL,
  PRIMARY KEY (sale_id, goods),
  CONSTRAINT allotments_units CHECK (units >= 0)
) STRICT, WITHOUT ROWID;
CREATE INDEX allotments_goods ON allotments (goods);

-- +goose Down
DROP TABLE allotments;
