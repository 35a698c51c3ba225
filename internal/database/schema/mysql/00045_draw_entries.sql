-- +goose Up
CREATE TABLE IF NOT EXISTS draw_entries (
  sale_id    BIGINT      NOT NULL,
  buyer      VARCHAR(64) NOT NULL,
  sku        VARCHAR(64) NOT NULL,
  salt       CHAR(32)    NOT NULL COMMENT 'known to the buyer alone, hexadecimal',
  hash       CHAR(64)    NOT NULL COMMENT 'what is published of the entry, hexadecimal',
  order_id   BIGINT      NOT NULL COMMENT 'of the order that a turn makes',
  entered_at BIGINT      NOT NULL,
  PRIMARY KEY (sale_id, buyer),
  UNIQUE KEY draw_entries_hash (sale_id, hash)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down
DROP TABLE draw_entries;
