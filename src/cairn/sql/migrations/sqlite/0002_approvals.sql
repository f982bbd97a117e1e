-- Runs that made a version again which another one had made before.
CREATE TABLE version_remake (
  seq    INTEGER PRIMARY KEY,
  model  TEXT NOT NULL,
  number INTEGER NOT NULL,
  run    TEXT NOT NULL
) STRICT;
CREATE INDEX version_remake_run ON version_remake (run);
CREATE INDEX version_remake_version ON version_remake (model, number);
-- Entries in which somebody signed that they measured a piece of evidence.
CREATE TABLE measurer (
  seq    INTEGER PRIMARY KEY,
  digest TEXT NOT NULL
) STRICT;
CREATE INDEX measurer_digest ON measurer (digest);
CREATE TABLE result (
  digest    TEXT PRIMARY KEY,
  artifacts TEXT NOT NULL,
  recorded  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX result_artifacts ON result (artifacts, recorded);
-- What each decision looked at; equal evidence looks once, however often it is judged.
CREATE TABLE look (
  seq      INTEGER NOT NULL,
  snapshot TEXT NOT NULL,
  metric   TEXT NOT NULL,
  grouping TEXT NOT NULL,
  evidence TEXT NOT NULL,
  number   INTEGER NOT NULL,
  PRIMARY KEY (seq, metric, grouping)
) STRICT, WITHOUT ROWID;
CREATE INDEX look_evidence ON look (snapshot, metric, grouping, evidence);
CREATE TABLE approval_request (
  seq     INTEGER PRIMARY KEY,
  subject TEXT NOT NULL,
  basis   TEXT NOT NULL,
  model   TEXT NOT NULL
) STRICT;
CREATE INDEX approval_request_subject ON approval_request (subject);
CREATE INDEX approval_request_basis ON approval_request (basis);
CREATE INDEX approval_request_model ON approval_request (model, seq);
CREATE TABLE approval (
  seq   INTEGER PRIMARY KEY,
  basis TEXT NOT NULL
) STRICT;
CREATE INDEX approval_basis ON approval (basis);
CREATE TABLE override (
  seq      INTEGER PRIMARY KEY,
  model    TEXT NOT NULL,
  reviewed INTEGER
) STRICT;
CREATE INDEX override_model ON override (model, seq);
