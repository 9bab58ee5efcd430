extension Migration {
  /// Of step 3: what is missing of feeds, and what was odd about them.
  static let feedQuality = """
    -- Candles that are missing between two that are there, and spans in which ticks may be. `absent`: the provider was asked
    -- often enough and has none.
    CREATE TABLE feed_gaps (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      source text NOT NULL,
      subject text NOT NULL,
      kind text NOT NULL,
      granularity text NOT NULL,
      -- The first that is missing, and the next that is there; of ticks the first and last moment of which some may be.
      from_ts timestamptz NOT NULL,
      to_ts timestamptz NOT NULL,
      -- How many candles; of ticks nobody knows: 0.
      missing integer NOT NULL,
      state text NOT NULL DEFAULT 'open',
      looks integer NOT NULL DEFAULT 0,
      next_look_at timestamptz NOT NULL DEFAULT clock_timestamp(),
      reason text,
      found_at timestamptz NOT NULL DEFAULT clock_timestamp(),
      repaired_at timestamptz
    );
    CREATE UNIQUE INDEX feed_gaps_key ON feed_gaps (source, subject, kind, granularity, from_ts) WHERE kind = 'candle';
    CREATE INDEX feed_gaps_open ON feed_gaps (source, subject, kind, granularity, from_ts) WHERE state = 'open';
    CREATE INDEX feed_gaps_found_at ON feed_gaps (found_at);

    -- What was odd about records: outlier, clock_skew, late, revised.
    CREATE TABLE feed_findings (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      source text NOT NULL,
      subject text NOT NULL,
      kind text NOT NULL,
      granularity text NOT NULL,
      finding text NOT NULL,
      ts_event timestamptz NOT NULL,
      detail_jsonb jsonb NOT NULL DEFAULT '{}',
      found_at timestamptz NOT NULL DEFAULT clock_timestamp()
    );
    CREATE UNIQUE INDEX feed_findings_key ON feed_findings (source, subject, kind, granularity, finding, ts_event);
    CREATE INDEX feed_findings_found_at ON feed_findings (found_at);
    """
}
