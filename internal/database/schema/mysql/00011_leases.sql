-- +goose Up
CREATE TABLE IF NOT EXISTS leases (
  name     VARCHAR(64)  NOT NULL,
  owner    VARCHAR(128) NOT NULL,
  until_ms BIGINT       NOT NULL,
  PRIMARY KEY (name),
  KEY leases_owner (owner)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down
DROP TABLE leases;
