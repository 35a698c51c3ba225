-- +goose Up
CREATE TABLE items (
  sale_id         INTEGER NOT NULL,
  sku             TEXT    NOT NULL,
  position        INTEGER NOT NULL,
  title           TEXT    NOT NULL,
  image_url       TEXT    NOT NULL,
  price           INTEGER NOT NULL,
  currency        TEXT    NOT NULL,
  total           INTEGER NOT NULL,
  reserved        INTEGER NOT NULL DEFAULT 0,
  sold            INTEGER NOT NULL DEFAULT 0,
  limit_per_buyer INTEGER NOT NULL,
  PRIMARY KEY (sale_id, sku),
  CONSTRAINT items_reserved CHECK (reserved >= 0),
  CONSTRAINT items_sold CHECK (sold >= 0),
  CONSTRAINT items_never_oversold CHECK (reserved + sold <= total)
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE items;
