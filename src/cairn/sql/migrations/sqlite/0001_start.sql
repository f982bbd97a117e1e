-- The ledger is the truth; every other table is a view of it and can be made again.
CREATE TABLE ledger_entry (
  seq       INTEGER PRIMARY KEY,
  content   BLOB NOT NULL,
  actor     TEXT NOT NULL,
  change_id TEXT NOT NULL,
  action    TEXT NOT NULL,
  subject   TEXT NOT NULL,
  UNIQUE (actor, change_id)
) STRICT;
CREATE INDEX ledger_entry_subject ON ledger_entry (subject, seq);
CREATE TABLE ledger_node (
  level    INTEGER NOT NULL,
  position INTEGER NOT NULL,
  hash     BLOB NOT NULL,
  PRIMARY KEY (level, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE ledger_checkpoint (
  size INTEGER PRIMARY KEY,
  note TEXT NOT NULL
) STRICT;
CREATE TABLE snapshot (
  seq        INTEGER PRIMARY KEY,
  digest     TEXT NOT NULL,
  name       TEXT,
  tree       TEXT NOT NULL,
  kind       TEXT NOT NULL,
  files      INTEGER NOT NULL,
  size_bytes INTEGER NOT NULL
) STRICT;
CREATE INDEX snapshot_digest ON snapshot (digest);
CREATE INDEX snapshot_name ON snapshot (name, seq);
CREATE TABLE run (
  id       TEXT PRIMARY KEY,
  model    TEXT NOT NULL,
  status   TEXT NOT NULL,
  started  INTEGER NOT NULL,
  finished INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX run_started ON run (started);
CREATE TABLE version (
  model      TEXT NOT NULL,
  number     INTEGER NOT NULL,
  digest     TEXT NOT NULL,
  commit_id  TEXT,
  run        TEXT,
  registered INTEGER NOT NULL,
  released   INTEGER,
  release    TEXT,
  marked     INTEGER,
  deleted    INTEGER,
  archived   INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (model, number),
  UNIQUE (model, digest),
  UNIQUE (model, release)
) STRICT, WITHOUT ROWID;
CREATE INDEX version_digest ON version (digest);
CREATE INDEX version_commit ON version (commit_id);
CREATE INDEX version_run ON version (run);
CREATE INDEX version_registered ON version (registered);
CREATE TABLE version_value (
  model   TEXT NOT NULL,
  version INTEGER NOT NULL,
  name    TEXT NOT NULL,
  amount  REAL,
  word    TEXT,
  PRIMARY KEY (model, version, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX version_value_amount ON version_value (name, amount);
CREATE INDEX version_value_word ON version_value (name, word);
CREATE TABLE evaluation (
  digest    TEXT PRIMARY KEY,
  artifacts TEXT NOT NULL,
  snapshot  TEXT NOT NULL,
  scorer    TEXT NOT NULL,
  recorded  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX evaluation_artifacts ON evaluation (artifacts, snapshot, recorded);
CREATE TABLE latency (
  digest    TEXT PRIMARY KEY,
  artifacts TEXT NOT NULL,
  recorded  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX latency_artifacts ON latency (artifacts, recorded);
CREATE TABLE policy (
  seq    INTEGER PRIMARY KEY,
  model  TEXT NOT NULL,
  label  TEXT NOT NULL,
  digest TEXT NOT NULL
) STRICT;
CREATE INDEX policy_label ON policy (model, label, seq);
CREATE TABLE decision (
  seq       INTEGER PRIMARY KEY,
  digest    TEXT NOT NULL,
  model     TEXT NOT NULL,
  label     TEXT NOT NULL,
  candidate TEXT NOT NULL,
  snapshot  TEXT NOT NULL,
  verdict   TEXT NOT NULL
) STRICT;
CREATE INDEX decision_digest ON decision (digest);
CREATE INDEX decision_label ON decision (model, label, seq);
CREATE INDEX decision_snapshot ON decision (snapshot);
CREATE TABLE label_move (
  seq     INTEGER PRIMARY KEY,
  model   TEXT NOT NULL,
  label   TEXT NOT NULL,
  version INTEGER NOT NULL
) STRICT;
CREATE INDEX label_move_label ON label_move (model, label, seq);
CREATE INDEX label_move_version ON label_move (model, version);
CREATE TABLE drill (
  seq    INTEGER PRIMARY KEY,
  model  TEXT NOT NULL,
  label  TEXT NOT NULL,
  digest TEXT NOT NULL
) STRICT;
CREATE INDEX drill_label ON drill (model, label, seq);
