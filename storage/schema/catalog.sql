-- catalog.db: a cache over the run folders, for lists and queries. It can be deleted at any time; the next program that opens
-- the store makes it anew from runs/*/run.db and runs/*/meta.json. Nothing lives here alone.
--
-- PRAGMA application_id = 0x4D6F4543 ("MoEC"), PRAGMA user_version = number of this schema. Rollback journal, not WAL.
-- The last column xxh3 of every table covers all columns before it, as in run.db.

CREATE TABLE runs(
  ulid TEXT NOT NULL PRIMARY KEY CHECK(length(ulid) = 26),
  place TEXT NOT NULL CHECK(place IN('runs','trash')),
  stamp TEXT NOT NULL,                   -- sizes and times of the run's files when they were last read
  name TEXT NOT NULL, preset TEXT NOT NULL, router TEXT NOT NULL, parent TEXT NOT NULL, parent_step INTEGER NOT NULL,
  state TEXT NOT NULL,                   -- 'running' is a hint; the truth is the lock
  reason TEXT NOT NULL,
  tags TEXT NOT NULL,                    -- JSON array
  star INTEGER NOT NULL, archived INTEGER NOT NULL, colour TEXT NOT NULL, note TEXT NOT NULL, run_group TEXT NOT NULL,
  conflict INTEGER NOT NULL,             -- the database belongs to another run than its folder says
  created_us INTEGER NOT NULL, deleted_us INTEGER NOT NULL,
  step INTEGER NOT NULL, tokens INTEGER NOT NULL, flops REAL, seconds REAL,
  loss REAL, val_loss REAL, best_val REAL, bits_per_byte REAL,
  params_total INTEGER NOT NULL, params_active INTEGER NOT NULL,
  bytes_on_disk INTEGER NOT NULL,
  sparkline BLOB NOT NULL,               -- f32, up to 32 points of val_loss, or of loss
  fingerprint BLOB NOT NULL, fingerprint_width INTEGER NOT NULL,     -- f32 [times][experts]: load of the middle MoE layer
  config TEXT NOT NULL,                  -- the run's configuration, JSON
  xxh3 INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX runs_by_created ON runs(place, created_us DESC);

CREATE TABLE migrations(
  version INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  app_version TEXT NOT NULL,
  applied_us INTEGER NOT NULL,
  xxh3 INTEGER NOT NULL) STRICT;
