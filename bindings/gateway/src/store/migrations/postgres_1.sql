-- Events are written once; what changes of them stands in jobs, so that no update moves a payload.
-- Both rows come and go in one statement, which saves the check of a foreign key at each.
CREATE TABLE postseal_events (
  number BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  digest TEXT,
  source TEXT NOT NULL,
  message_id TEXT,
  signed_at BIGINT,
  secret_id TEXT NOT NULL,
  encrypted BOOLEAN NOT NULL,
  content_type TEXT,
  passed_on TEXT NOT NULL,
  payload BYTEA NOT NULL,
  storage_key_id TEXT,
  received_ms BIGINT NOT NULL
);

CREATE INDEX postseal_events_by_age ON postseal_events (source, received_ms);

-- Rows of it change a few times and then stay: they are cleaned up early.
CREATE TABLE postseal_jobs (
  number BIGINT PRIMARY KEY,
  source TEXT NOT NULL,
  state TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  -- Counts every take and every settlement: a lease is known by it, and is settled once.
  lease BIGINT NOT NULL DEFAULT 0,
  due_ms BIGINT NOT NULL,
  -- As in events: the oldest that waits is found without them.
  received_ms BIGINT NOT NULL,
  last_result TEXT,
  ended_ms BIGINT
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);

CREATE INDEX postseal_jobs_due ON postseal_jobs (source, due_ms, number) WHERE state = 'pending';
CREATE INDEX postseal_jobs_dead ON postseal_jobs (source) WHERE state = 'dead';

CREATE TABLE postseal_secrets_needed (
  source TEXT NOT NULL,
  secret_id TEXT NOT NULL,
  at_ms BIGINT NOT NULL,
  PRIMARY KEY (source, secret_id)
);
