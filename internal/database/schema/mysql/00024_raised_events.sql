-- +goose Up
CREATE TABLE IF NOT EXISTS raised_events (
  created_at BIGINT       NOT NULL,
  provider   VARCHAR(32)  NOT NULL,
  event_id   VARCHAR(191) NOT NULL,
  PRIMARY KEY (created_at, provider, event_id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin COMMENT 'those of payment_events that a person has to look at';

-- +goose Down
DROP TABLE raised_events;
