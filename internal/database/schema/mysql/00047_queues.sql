-- +goose Up
CREATE TABLE IF NOT EXISTS queues (
  sale_id    BIGINT   NOT NULL,
  seed       CHAR(64) NOT NULL COMMENT 'shuffles who comes before the start, hexadecimal',
  commitment CHAR(64) NOT NULL COMMENT 'what is published of the seed before it',
  pass_key   CHAR(64) NOT NULL COMMENT 'signs passes, hexadecimal',
  opened_at  BIGINT   NULL COMMENT 'since when who comes is behind all others',
  paused     BOOLEAN  NOT NULL DEFAULT FALSE,
  early      BIGINT   NOT NULL DEFAULT 0 COMMENT 'places that are shuffled',
  arrivals   BIGINT   NOT NULL DEFAULT 0 COMMENT 'places that were given since it opened',
  called_to  BIGINT   NOT NULL DEFAULT 0 COMMENT 'highest number whose turn has come',
  pace_low   DOUBLE   NOT NULL DEFAULT 0 COMMENT 'turns a second, lately',
  pace_high  DOUBLE   NOT NULL DEFAULT 0,
  PRIMARY KEY (sale_id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down
DROP TABLE queues;
