-- +goose Up
-- Events that the shop's endpoint has not accepted yet.
CREATE TABLE IF NOT EXISTS deliveries (
  id         BIGINT       NOT NULL AUTO_INCREMENT,
  event_id   VARCHAR(64)  NOT NULL,
  type       VARCHAR(64)  NOT NULL,
  body       MEDIUMTEXT   NOT NULL COMMENT 'the event as JSON',
  created_at BIGINT       NOT NULL,
  next_at    BIGINT       NOT NULL COMMENT 'when to try next',
  attempts   INT          NOT NULL DEFAULT 0 COMMENT 'tries that failed',
  error      VARCHAR(200) NOT NULL DEFAULT '' COMMENT 'why the last try failed',
  dead_at    BIGINT       NOT NULL DEFAULT 0 COMMENT 'when the last try failed for good, 0 before',
  PRIMARY KEY (id),
  KEY deliveries_due (dead_at, next_at)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down
DROP TABLE deliveries;
