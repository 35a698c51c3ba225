-- +goose Up
CREATE TABLE IF NOT EXISTS items (
  sale_id         BIGINT        NOT NULL,
  sku             VARCHAR(64)   NOT NULL,
  position        INT           NOT NULL,
  title           VARCHAR(200)  NOT NULL,
  image_url       VARCHAR(2000) NOT NULL,
  price           BIGINT        NOT NULL,
  currency        CHAR(3)       NOT NULL,
  total           BIGINT        NOT NULL,
  reserved        BIGINT        NOT NULL DEFAULT 0,
  sold            BIGINT        NOT NULL DEFAULT 0,
  limit_per_buyer BIGINT        NOT NULL,
  PRIMARY KEY (sale_id, sku),
  CONSTRAINT items_reserved CHECK (reserved >= 0),
  CONSTRAINT items_sold CHECK (sold >= 0),
  CONSTRAINT items_never_oversold CHECK (reserved + sold <= total)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down
DROP TABLE items;
