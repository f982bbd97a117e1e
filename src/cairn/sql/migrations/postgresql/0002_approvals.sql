-- Runs that made a version again which another one had made before.
CREATE TABLE version_remake (
  seq    BIGINT PRIMARY KEY,
  model  TEXT COLLATE "C" NOT NULL,
  number BIGINT NOT NULL,
  run    TEXT COLLATE "C" NOT NULL
);
CREATE INDEX version_remake_run ON version_remake (run);
CREATE INDEX version_remake_version ON version_remake (model, number);
-- Entries in which somebody signed that they measured a piece of evidence.
CREATE TABLE measurer (
  seq    BIGINT PRIMARY KEY,
  digest TEXT COLLATE "C" NOT NULL
);
CREATE INDEX measurer_digest ON measurer (digest);
CREATE TABLE result (
  digest    TEXT COLLATE "C" PRIMARY KEY,
  artifacts TEXT COLLATE "C" NOT NULL,
  recorded  BIGINT NOT NULL
);
CREATE INDEX result_artifacts ON result (artifacts, recorded);
-- What each decision looked at; equal evidence looks once, however often it is judged.
CREATE TABLE look (
  seq      BIGINT NOT NULL,
  snapshot TEXT COLLATE "C" NOT NULL,
  metric   TEXT COLLATE "C" NOT NULL,
  grouping TEXT COLLATE "C" NOT NULL,
  evidence TEXT COLLATE "C" NOT NULL,
  number   BIGINT NOT NULL,
  PRIMARY KEY (seq, metric, grouping)
);
CREATE INDEX look_evidence ON look (snapshot, metric, grouping, evidence);
CREATE TABLE approval_request (
  seq     BIGINT PRIMARY KEY,
  subject TEXT COLLATE "C" NOT NULL,
  basis   TEXT COLLATE "C" NOT NULL,
  model   TEXT COLLATE "C" NOT NULL
);
CREATE INDEX approval_request_subject ON approval_request (subject);
CREATE INDEX approval_request_basis ON approval_request (basis);
CREATE INDEX approval_request_model ON approval_request (model, seq);
CREATE TABLE approval (
  seq   BIGINT PRIMARY KEY,
  basis TEXT COLLATE "C" NOT NULL
);
CREATE INDEX approval_basis ON approval (basis);
CREATE TABLE override (
  seq      BIGINT PRIMARY KEY,
  model    TEXT COLLATE "C" NOT NULL,
  reviewed BIGINT
);
CREATE INDEX override_model ON override (model, seq);
