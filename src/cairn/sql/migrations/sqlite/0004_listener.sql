-- How far each listener was told: the number of the entry that it is told of next.
CREATE TABLE listener (
  name TEXT PRIMARY KEY,
  next INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
