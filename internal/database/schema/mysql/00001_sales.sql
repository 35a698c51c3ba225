-- +goose Up
CREATE TABLE IF NOT EXISTS sales (
  id           BIGINT       NOT NULL,
  sale_key     VARCHAR(64)  NULL,
  draft_digest CHAR(64)     NOT NULL,
  name         VARCHAR(200) NOT NULL,
  state        VARCHAR(16)  NOT NULL,
  starts_at    BIGINT       NOT NULL,
  ends_at      BIGINT       NOT NULL,
  hold_ms      BIGINT       NOT NULL,
  revision     BIGINT       NOT NULL,
  created_at   BIGINT       NOT NULL,
  updated_at   BIGINT       NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY sales_key (sale_key),
  KEY sales_state (state, id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down
DROP TABLE sales;
