-- +goose Up
CREATE TABLE IF NOT EXISTS sale_log (
  id       BIGINT      NOT NULL AUTO_INCREMENT,
  sale_id  BIGINT      NOT NULL,
  actor    VARCHAR(64) NOT NULL COMMENT 'empty when the caller named nobody',
  action   VARCHAR(32) NOT NULL COMMENT 'created, changed, or the state it went to',
  revision BIGINT      NOT NULL,
  at       BIGINT      NOT NULL,
  PRIMARY KEY (id),
  KEY sale_log_sale (sale_id, id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down
DROP TABLE sale_log;
