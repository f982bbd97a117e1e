-- The number of the next entry: one row, which a writer locks before it reads anything.
CREATE TABLE ledger_head (
  id      BIGINT PRIMARY KEY CHECK (id = 1),
  entries BIGINT NOT NULL
);
INSERT INTO ledger_head (id, entries)
SELECT 1, COALESCE(MAX(seq), -1) + 1 FROM ledger_entry;
