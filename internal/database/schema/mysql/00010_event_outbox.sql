-- +goose Up
CREATE TABLE IF NOT EXISTS event_outbox (
  id         BIGINT     NOT NULL AUTO_INCREMENT,
  events     MEDIUMTEXT NOT NULL COMMENT 'a JSON array, the events of one transaction',
  created_at BIGINT     NOT NULL,
  PRIMARY KEY (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down
DROP TABLE event_outbox;
