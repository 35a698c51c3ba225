-- +goose Up
CREATE TABLE IF NOT EXISTS draws (
  sale_id       BIGINT       NOT NULL,
  state         VARCHAR(16)  NOT NULL COMMENT 'entering, closing, committed, drawn',
  entries_until BIGINT       NOT NULL,
  beacon        VARCHAR(512) NOT NULL COMMENT 'JSON: chain hash, public key, genesis, period',
  planned_round BIGINT       NOT NULL COMMENT 'that was announced with the sale',
  root          CHAR(64)     NOT NULL DEFAULT '' COMMENT 'Merkle root over the entries, hexadecimal',
  entries       BIGINT       NOT NULL DEFAULT 0,
  round         BIGINT       NOT NULL DEFAULT 0,
  committed_at  BIGINT       NULL,
  signature     VARCHAR(192) NOT NULL DEFAULT '' COMMENT 'of the round, hexadecimal',
  drawn_at      BIGINT       NULL,
  trouble       VARCHAR(500) NOT NULL DEFAULT '' COMMENT 'why it waits though it is due',
  PRIMARY KEY (sale_id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down
DROP TABLE draws;
