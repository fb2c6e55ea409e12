-- Events are written once; what changes of them stands in jobs, so that no update moves a payload.
CREATE TABLE events (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  key TEXT NOT NULL UNIQUE,
  digest TEXT,
  source TEXT NOT NULL,
  message_id TEXT,
  signed_at INTEGER,
  secret_id TEXT NOT NULL,
  encrypted INTEGER NOT NULL,
  content_type TEXT,
  passed_on TEXT NOT NULL,
  payload BLOB NOT NULL,
  storage_key_id TEXT,
  received_ms INTEGER NOT NULL
) STRICT;

CREATE INDEX events_by_age ON events (source, received_ms);

CREATE TABLE jobs (
  number INTEGER PRIMARY KEY REFERENCES events (number) ON DELETE CASCADE,
  source TEXT NOT NULL,
  state TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  -- Counts every take and every settlement: a lease is known by it, and is settled once.
  lease INTEGER NOT NULL DEFAULT 0,
  due_ms INTEGER NOT NULL,
  -- As in events: the oldest that waits is found without them.
  received_ms INTEGER NOT NULL,
  last_result TEXT,
  ended_ms INTEGER
) STRICT;

CREATE INDEX jobs_due ON jobs (source, due_ms) WHERE state = 'pending';
CREATE INDEX jobs_dead ON jobs (source) WHERE state = 'dead';

CREATE TABLE secrets_needed (
  source TEXT NOT NULL,
  secret_id TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  PRIMARY KEY (source, secret_id)
) STRICT, WITHOUT ROWID;
