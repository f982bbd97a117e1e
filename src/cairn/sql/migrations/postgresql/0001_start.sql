-- The ledger is the truth; every other table is a view of it and can be made again.
CREATE TABLE ledger_entry (
  seq       BIGINT PRIMARY KEY,
  content   BYTEA NOT NULL,
  actor     TEXT COLLATE "C" NOT NULL,
  change_id TEXT COLLATE "C" NOT NULL,
  action    TEXT COLLATE "C" NOT NULL,
  subject   TEXT COLLATE "C" NOT NULL,
  UNIQUE (actor, change_id)
);
CREATE INDEX ledger_entry_subject ON ledger_entry (subject, seq);
CREATE TABLE ledger_node (
  level    BIGINT NOT NULL,
  position BIGINT NOT NULL,
  hash     BYTEA NOT NULL,
  PRIMARY KEY (level, position)
);
CREATE TABLE ledger_checkpoint (
  size BIGINT PRIMARY KEY,
  note TEXT COLLATE "C" NOT NULL
);
CREATE TABLE snapshot (
  seq        BIGINT PRIMARY KEY,
  digest     TEXT COLLATE "C" NOT NULL,
  name       TEXT COLLATE "C",
  tree       TEXT COLLATE "C" NOT NULL,
  kind       TEXT COLLATE "C" NOT NULL,
  files      BIGINT NOT NULL,
  size_bytes BIGINT NOT NULL
);
CREATE INDEX snapshot_digest ON snapshot (digest);
CREATE INDEX snapshot_name ON snapshot (name, seq);
CREATE TABLE run (
  id       TEXT COLLATE "C" PRIMARY KEY,
  model    TEXT COLLATE "C" NOT NULL,
  status   TEXT COLLATE "C" NOT NULL,
  started  BIGINT NOT NULL,
  finished BIGINT
);
CREATE INDEX run_started ON run (started);
CREATE TABLE version (
  model      TEXT COLLATE "C" NOT NULL,
  number     BIGINT NOT NULL,
  digest     TEXT COLLATE "C" NOT NULL,
  commit_id  TEXT COLLATE "C",
  run        TEXT COLLATE "C",
  registered BIGINT NOT NULL,
  released   BIGINT,
  release    TEXT COLLATE "C",
  marked     BIGINT,
  deleted    BIGINT,
  archived   BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (model, number),
  UNIQUE (model, digest),
  UNIQUE (model, release)
);
CREATE INDEX version_digest ON version (digest);
CREATE INDEX version_commit ON version (commit_id);
CREATE INDEX version_run ON version (run);
CREATE INDEX version_registered ON version (registered);
CREATE TABLE version_value (
  model   TEXT COLLATE "C" NOT NULL,
  version BIGINT NOT NULL,
  name    TEXT COLLATE "C" NOT NULL,
  amount  DOUBLE PRECISION,
  word    TEXT COLLATE "C",
  PRIMARY KEY (model, version, name)
);
CREATE INDEX version_value_amount ON version_value (name, amount);
CREATE INDEX version_value_word ON version_value (name, word);
CREATE TABLE evaluation (
  digest    TEXT COLLATE "C" PRIMARY KEY,
  artifacts TEXT COLLATE "C" NOT NULL,
  snapshot  TEXT COLLATE "C" NOT NULL,
  scorer    TEXT COLLATE "C" NOT NULL,
  recorded  BIGINT NOT NULL
);
CREATE INDEX evaluation_artifacts ON evaluation (artifacts, snapshot, recorded);
CREATE TABLE latency (
  digest    TEXT COLLATE "C" PRIMARY KEY,
  artifacts TEXT COLLATE "C" NOT NULL,
  recorded  BIGINT NOT NULL
);
CREATE INDEX latency_artifacts ON latency (artifacts, recorded);
CREATE TABLE policy (
  seq    BIGINT PRIMARY KEY,
  model  TEXT COLLATE "C" NOT NULL,
  label  TEXT COLLATE "C" NOT NULL,
  digest TEXT COLLATE "C" NOT NULL
);
CREATE INDEX policy_label ON policy (model, label, seq);
CREATE TABLE decision (
  seq       BIGINT PRIMARY KEY,
  digest    TEXT COLLATE "C" NOT NULL,
  model     TEXT COLLATE "C" NOT NULL,
  label     TEXT COLLATE "C" NOT NULL,
  candidate TEXT COLLATE "C" NOT NULL,
  snapshot  TEXT COLLATE "C" NOT NULL,
  verdict   TEXT COLLATE "C" NOT NULL
);
CREATE INDEX decision_digest ON decision (digest);
CREATE INDEX decision_label ON decision (model, label, seq);
CREATE INDEX decision_snapshot ON decision (snapshot);
CREATE TABLE label_move (
  seq     BIGINT PRIMARY KEY,
  model   TEXT COLLATE "C" NOT NULL,
  label   TEXT COLLATE "C" NOT NULL,
  version BIGINT NOT NULL
);
CREATE INDEX label_move_label ON label_move (model, label, seq);
CREATE INDEX label_move_version ON label_move (model, version);
CREATE TABLE drill (
  seq    BIGINT PRIMARY KEY,
  model  TEXT COLLATE "C" NOT NULL,
  label  TEXT COLLATE "C" NOT NULL,
  digest TEXT COLLATE "C" NOT NULL
);
CREATE INDEX drill_label ON drill (model, label, seq);
