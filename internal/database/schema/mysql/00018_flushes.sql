-- +goose Up
-- Rows that are changed only so that a commit writes the log.
CREATE TABLE IF NOT EXISTS flushes (
  slot  INT    NOT NULL,
  count BIGINT NOT NULL,
  PRIMARY KEY (slot)
) ENGINE = InnoDB;

-- +goose Down
DROP TABLE flushes;
