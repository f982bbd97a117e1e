-- How far each listener was told: the number of the entry that it is told of next.
CREATE TABLE listener (
  name TEXT COLLATE "C" PRIMARY KEY,
  next BIGINT NOT NULL
);
