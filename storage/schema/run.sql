-- run.db: everything one run knows about itself. One file per run, <store>/runs/<ulid>/run.db.
--
-- Open it read-only (sqlite3 'file:run.db?mode=ro'); the engine that owns the run is its only writer. While it trains the
-- file is in WAL mode; a run that ended cleanly is one file without -wal and -shm.
--
-- Identification  PRAGMA application_id = 0x4D6F4552 ("MoER"), PRAGMA user_version = number of this schema. A program that
--                 meets a newer number may read the file if run_meta 'min_reader' is not above its own.
-- Schemas         1: the first. 2: table plane. Programs of schema 1 read files of schema 2 without it.
-- Counting        Layers and experts count from 0. Steps are optimizer steps done: the first report says 1. Times named _us are
--                 microseconds since 1970 UTC, and never decide order; order is (attempt, step), and seq for readers.
-- seq             Writer-assigned, increasing over all tables, never used twice: what is new has a seq above the last one seen.
-- xxh3            The last column of every table covers all columns before it, in order: XXH3-64 over, for each column, one
--                 letter (n null, i integer, d real, t text, b blob), then 8 bytes little-endian for numbers, and for text and
--                 blob its length and its own XXH3-64, 8 bytes little-endian each.
-- Blobs           Little-endian. codec 0: as they are. codec 1: bytes shuffled (first bytes of all elements, then second ...;
--                 element size 8 when the series' dtype is f64, else 4; a rest that is no whole element follows), then one
--                 zstd frame. raw_len is the length before the codec.

CREATE TABLE run_meta(                   -- what never changes, or hardly: ulid, config (JSON), facts (JSON), preset, router,
  k TEXT NOT NULL PRIMARY KEY,           -- parent, parent_step, created_us, app_version, min_reader, min_writer
  v TEXT NOT NULL,
  xxh3 INTEGER NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE status(                     -- one row
  id INTEGER PRIMARY KEY CHECK(id = 1),
  state TEXT NOT NULL CHECK(state IN('created','running','paused','stopped','diverged','failed','finished')),
                                         -- a hint: "running" is true only while run.lock is held
  reason TEXT NOT NULL,
  generation INTEGER NOT NULL,           -- goes up when stored values are taken back (a resume at an earlier step)
  last_seq INTEGER NOT NULL,             -- highest seq given so far
  compacted_seq INTEGER NOT NULL,        -- log rows up to this seq have become chunks
  checkpoints_seq INTEGER NOT NULL,      -- seq at the last change of table checkpoints
  attempt_id INTEGER NOT NULL,           -- the newest attempt; 0 before the first
  updated_us INTEGER NOT NULL,
  xxh3 INTEGER NOT NULL) STRICT;

CREATE TABLE summary(                    -- last values: step, tokens, flops, seconds, loss, val_loss, best_val, best_val_step,
  k TEXT NOT NULL PRIMARY KEY,           -- bits_per_byte, tokens_per_second, memory, domain_loss.<domain> ...
  v REAL,                                -- NULL where not a number
  xxh3 INTEGER NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE attempts(                   -- one row per start or resume
  id INTEGER PRIMARY KEY,
  start_us INTEGER NOT NULL, end_us INTEGER,
  start_step INTEGER NOT NULL, end_step INTEGER,
  end_reason TEXT NOT NULL,
  app_version TEXT NOT NULL,
  env_json TEXT NOT NULL,                -- threads, device, build, CPU capability ...
  xxh3 INTEGER NOT NULL) STRICT;

CREATE TABLE series(                     -- every curve, and every vector that changes over time
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE CHECK(length(name) BETWEEN 1 AND 200),
  unit TEXT NOT NULL,
  source TEXT NOT NULL CHECK(source IN('report','evaluation')),
  shape_json TEXT NOT NULL,              -- {"dimensions":["layer","expert"],"sizes":[4,8]}, slowest first; empty for a scalar
  width INTEGER NOT NULL CHECK(width BETWEEN 1 AND 16777216),        -- values at each step = product of the sizes
  dtype TEXT NOT NULL CHECK(dtype IN('f32','f64')),
  xxh3 INTEGER NOT NULL) STRICT;

CREATE TABLE step_log(                   -- hot: one row per commit, all series column-wise, until compaction
  seq INTEGER PRIMARY KEY,
  attempt_id INTEGER NOT NULL REFERENCES attempts(id),
  step_first INTEGER NOT NULL, step_last INTEGER NOT NULL CHECK(step_last >= step_first),
  wall_us INTEGER NOT NULL, mono_ns INTEGER NOT NULL,
  data BLOB NOT NULL,                    -- u32 axes, u32 blocks; each axis: u32 n, i64 steps[n]; each block: u32 series id,
                                         -- u32 axis, u32 bytes per value (4 float, 8 double), u32 width, values [n][width]
  xxh3 INTEGER NOT NULL) STRICT;

CREATE TABLE chunk(                      -- cold: the values of one series. Level 0: the values. Level k: min, max, mean of 16^k values.
  seq INTEGER PRIMARY KEY,
  series_id INTEGER NOT NULL REFERENCES series(id),
  level INTEGER NOT NULL CHECK(level BETWEEN 0 AND 8),
  first_index INTEGER NOT NULL CHECK(first_index >= 0),              -- of the first value (level 0) or bucket, from 0
  n INTEGER NOT NULL CHECK(n BETWEEN 1 AND 4096),                    -- values or buckets; only whole buckets are kept
  step_first INTEGER NOT NULL, step_last INTEGER NOT NULL CHECK(step_last >= step_first),
  stride INTEGER NOT NULL CHECK(stride >= 0),                        -- level 0: distance of the steps; 0 = steps are in the blob
  vmin REAL, vmax REAL,                  -- over the finite values of all elements
  nonfinite INTEGER NOT NULL,            -- how many values are NaN or infinite
  codec INTEGER NOT NULL CHECK(codec IN(0,1)),
  raw_len INTEGER NOT NULL CHECK(raw_len BETWEEN 0 AND 67108864),
  data BLOB NOT NULL,                    -- level 0: [i64 steps[n] when stride = 0], values [n][width]
                                         -- level k: u64 flag, i64 first[n], i64 last[n], min, max, mean [n][width] each (finite
                                         -- values only, NaN where none), and when flag = 1 u32 finite values [n][width]
  xxh3 INTEGER NOT NULL,
  UNIQUE(series_id, level, step_first)) STRICT;

CREATE TABLE superseded(                 -- values that a resume took back and that were not recomputed to the same bits
  seq INTEGER PRIMARY KEY,
  attempt_id INTEGER NOT NULL REFERENCES attempts(id),               -- the attempt whose values these were
  series_id INTEGER NOT NULL REFERENCES series(id),
  step_first INTEGER NOT NULL, step_last INTEGER NOT NULL,
  n INTEGER NOT NULL CHECK(n BETWEEN 1 AND 4096),
  codec INTEGER NOT NULL CHECK(codec IN(0,1)),
  raw_len INTEGER NOT NULL CHECK(raw_len BETWEEN 0 AND 67108864),
  data BLOB NOT NULL,                    -- as level 0 with stride 0
  xxh3 INTEGER NOT NULL) STRICT;

CREATE TABLE events(                     -- what happened: commands, alarms, checkpoints
  seq INTEGER PRIMARY KEY,
  attempt_id INTEGER NOT NULL,           -- 0 before the first
  step INTEGER NOT NULL,
  wall_us INTEGER NOT NULL,
  severity INTEGER NOT NULL CHECK(severity BETWEEN 0 AND 4),         -- 0 info, 1 change, 2 warning, 3 error
  code TEXT NOT NULL,                    -- a stable word: command.set, router.collapse, checkpoint.saved ...
  text TEXT NOT NULL,                    -- one sentence
  detail TEXT NOT NULL CHECK(length(detail) <= 65536),               -- JSON object
  xxh3 INTEGER NOT NULL) STRICT;
CREATE INDEX events_by_code ON events(code, step);

CREATE TABLE probe(                      -- the routing of every probe token at a step
  step INTEGER PRIMARY KEY,
  seq INTEGER NOT NULL UNIQUE,
  layers INTEGER NOT NULL CHECK(layers BETWEEN 0 AND 1024), experts INTEGER NOT NULL CHECK(experts BETWEEN 0 AND 65536),
  slots INTEGER NOT NULL, tokens INTEGER NOT NULL, sequence_length INTEGER NOT NULL,
  codec INTEGER NOT NULL CHECK(codec IN(0,1)),
  raw_len INTEGER NOT NULL CHECK(raw_len BETWEEN 0 AND 67108864),
  data BLOB NOT NULL,                    -- arrays, each u64 length then its elements: moe layer i32, token id i32, domain i32,
                                         -- expert i16 [layer][token][slot], weight f32 likewise, kept u8 likewise,
                                         -- logit f32 [layer][token][expert], loss f32 [token]; then u64 tokens, each u64 length + text;
                                         -- then, or nothing in older runs, the 5 15 30 50 70 85 95 % quantiles over the tokens of the
                                         -- noisy logits f32 [layer][expert][7], empty without noise
  xxh3 INTEGER NOT NULL) STRICT;

CREATE TABLE sample(                     -- texts the model wrote while it trained
  step INTEGER PRIMARY KEY,
  seq INTEGER NOT NULL UNIQUE,
  prompt TEXT NOT NULL,
  text TEXT NOT NULL,                    -- all tokens, the prompt's first
  prompt_tokens INTEGER NOT NULL, layers INTEGER NOT NULL, slots INTEGER NOT NULL, experts INTEGER NOT NULL,
  codec INTEGER NOT NULL CHECK(codec IN(0,1)),
  raw_len INTEGER NOT NULL CHECK(raw_len BETWEEN 0 AND 67108864),
  data BLOB NOT NULL,                    -- expert i16 [token][layer][slot], weight f32 likewise, u64 tokens, each u64 length + text
  xxh3 INTEGER NOT NULL) STRICT;

CREATE TABLE plane(                      -- a mixture on the plane, drawn on a grid; rows thin out as they grow old
  step INTEGER PRIMARY KEY,
  seq INTEGER NOT NULL UNIQUE,
  grid_columns INTEGER NOT NULL, grid_rows INTEGER NOT NULL, experts INTEGER NOT NULL, outputs INTEGER NOT NULL, points INTEGER NOT NULL,
  classes INTEGER NOT NULL CHECK(classes IN(0,1)),                   -- 1: outputs are probabilities of classes, else values
  codec INTEGER NOT NULL CHECK(codec IN(0,1)),
  raw_len INTEGER NOT NULL CHECK(raw_len BETWEEN 0 AND 67108864),
  data BLOB NOT NULL,                    -- arrays, each u64 length then its elements: f32 left, right, bottom, top; f32 probability
                                         -- [cell][expert], weight likewise, output [cell][output], expert's own output
                                         -- [cell][expert][output]; f32 x, y, target [point]; i32 domain [point]; f32 loss [point];
                                         -- cells row by row from the bottom left
  xxh3 INTEGER NOT NULL) STRICT;

CREATE TABLE checkpoints(                -- folders below checkpoints/
  step INTEGER PRIMARY KEY,
  dir TEXT NOT NULL UNIQUE CHECK(dir GLOB 'step-[0-9]*' AND dir NOT GLOB '*/*'),
  kind TEXT NOT NULL CHECK(kind IN('full','weights')),
  pinned INTEGER NOT NULL CHECK(pinned IN(0,1)),
  bytes INTEGER NOT NULL,
  manifest_xxh3 TEXT NOT NULL,           -- XXH3-128 of manifest.json, 32 digits
  state TEXT NOT NULL CHECK(state IN('good','verified','bad','deleting')),
  created_us INTEGER NOT NULL,
  xxh3 INTEGER NOT NULL) STRICT;

CREATE TABLE migrations(                 -- how this file came to its schema
  version INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  app_version TEXT NOT NULL,
  applied_us INTEGER NOT NULL,
  xxh3 INTEGER NOT NULL) STRICT;
