-- +goose Up
-- What the stand-in gateway knows of payments, and the shop does not yet.
CREATE TABLE mock_payments (
  payment_id TEXT    NOT NULL PRIMARY KEY,
  paid_at    INTEGER NOT NULL, -- 0: not before the shop is told
  tell_at    INTEGER NOT NULL -- when to tell the shop, 0: it has to ask
) STRICT;
CREATE INDEX mock_payments_due ON mock_payments (tell_at);

-- +goose Down
DROP TABLE mock_payments;
