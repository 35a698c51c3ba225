-- +goose Up
CREATE TABLE IF NOT EXISTS queue_places (
  sale_id   BIGINT      NOT NULL,
  buyer     VARCHAR(64) NOT NULL,
  number    BIGINT      NOT NULL COMMENT 'orders the places, below 2^62 where it is shuffled',
  state     VARCHAR(8)  NOT NULL COMMENT 'waiting, called, served, lapsed',
  joined_at BIGINT      NOT NULL,
  turn_ends BIGINT      NOT NULL DEFAULT 0 COMMENT 'of one that was called',
  PRIMARY KEY (sale_id, buyer),
  KEY queue_places_turns (sale_id, state, number)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down
DROP TABLE queue_places;
