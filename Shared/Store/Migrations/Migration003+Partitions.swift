extension Migration {
  /// Of step 3: the records of feeds by spans of their time.
  static let feedPartitions = """
    -- Records by spans of their time: what is read together lies together, and what is old goes with a whole table. What fits
    -- no span lies in the default one. A table of before stays where it is and becomes the first span.
    ALTER TABLE feed_records RENAME TO feed_records_before;
    ALTER TABLE feed_records_before DROP CONSTRAINT feed_records_pkey;
    ALTER INDEX feed_records_key RENAME TO feed_records_before_key;
    ALTER INDEX feed_records_ts_event RENAME TO feed_records_before_ts_event;
    CREATE TABLE feed_records (LIKE feed_records_before INCLUDING DEFAULTS) PARTITION BY RANGE (ts_event);
    ALTER TABLE feed_records ADD PRIMARY KEY (id, ts_event);
    CREATE UNIQUE INDEX feed_records_key ON feed_records (source, subject, kind, granularity, ts_event);
    CREATE INDEX feed_records_ts_event ON feed_records (ts_event);
    CREATE TABLE feed_records_default PARTITION OF feed_records DEFAULT;

    -- The spans, by their bounds; the default one has none.
    CREATE FUNCTION feed_partitions() RETURNS TABLE (partition regclass, starts timestamptz, ends timestamptz)
      LANGUAGE sql STABLE SET search_path = public, pg_temp SET TimeZone = 'UTC'
      AS $$
        SELECT part.oid::regclass,
          CASE WHEN bounds LIKE 'FOR VALUES FROM (MINVALUE)%' THEN timestamptz '-infinity'
            ELSE substring(bounds FROM 'FROM [(]''([^'']+)''[)]')::timestamptz END,
          substring(bounds FROM 'TO [(]''([^'']+)''[)]')::timestamptz
        FROM pg_inherits JOIN pg_class part ON part.oid = inhrelid,
          LATERAL (SELECT pg_get_expr(part.relpartbound, part.oid) AS bounds) b
        WHERE inhparent = 'feed_records'::regclass AND bounds <> 'DEFAULT'
      $$;

    -- Makes the spans that hold these times, `days` long and four weeks long where the past is older than a year, and brings
    -- into them what lay in the default one. Answers how many it made. Those who may store records may do this.
    CREATE FUNCTION make_feed_partitions(times timestamptz[], days integer) RETURNS integer
      LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET TimeZone = 'UTC' SET lock_timeout = '5s'
      AS $$
    DECLARE
      moment timestamptz;
      width interval;
      lower_end timestamptz;
      upper_end timestamptz;
      name text;
      made integer := 0;
    BEGIN
      PERFORM pg_advisory_xact_lock(\(AdvisoryLock.feedPartitions));
      FOR moment IN SELECT DISTINCT time FROM unnest(times) AS time
        WHERE time >= '2000-01-01' AND time < now() + interval '60 days' ORDER BY 1
      LOOP
        CONTINUE WHEN EXISTS (SELECT FROM feed_partitions() WHERE starts <= moment AND moment < ends);
        width := make_interval(
          hours => 24 * CASE WHEN moment < now() - interval '364 days' THEN 28 ELSE greatest(1, least(days, 28)) END);
        -- Spans start on Mondays, or where the one before ends, and end where the next one begins.
        lower_end := date_bin(width, moment, '2001-01-01');
        SELECT greatest(lower_end, max(ends) FILTER (WHERE ends <= moment)),
            least(lower_end + width, min(starts) FILTER (WHERE starts > moment))
          INTO lower_end, upper_end FROM feed_partitions();
        -- Nobody may wait for a row of it and hold it at the same time.
        LOCK TABLE feed_records_default IN ACCESS EXCLUSIVE MODE;
        name := 'feed_records_' || to_char(lower_end, 'YYYYMMDD');
        EXECUTE format('CREATE TABLE %I (LIKE feed_records INCLUDING DEFAULTS)', name);
        EXECUTE format(
          'WITH moved AS (DELETE FROM feed_records_default WHERE ts_event >= %L AND ts_event < %L RETURNING *)
           INSERT INTO %I SELECT * FROM moved', lower_end, upper_end, name);
        EXECUTE format('ALTER TABLE feed_records ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', name, lower_end,
          upper_end);
        made := made + 1;
      END LOOP;
      RETURN made;
    END $$;

    -- Drops the spans that ended before a time, and answers how many they were.
    CREATE FUNCTION drop_feed_partitions(before timestamptz) RETURNS integer
      LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '5s'
      AS $$
    DECLARE
      old regclass;
      dropped integer := 0;
    BEGIN
      PERFORM pg_advisory_xact_lock(\(AdvisoryLock.feedPartitions));
      FOR old IN SELECT partition FROM feed_partitions() WHERE ends <= before ORDER BY ends LOOP
        EXECUTE format('DROP TABLE %s', old);
        dropped := dropped + 1;
      END LOOP;
      RETURN dropped;
    END $$;

    -- Deletes up to `most` records older than a time, the oldest first, where they make up more of a span than `slack`:
    -- the others go with their span.
    CREATE FUNCTION delete_feed_records(before timestamptz, slack interval, most integer) RETURNS integer
      LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
      AS $$
    DECLARE
      part regclass;
      gone integer;
      deleted integer := 0;
    BEGIN
      FOR part IN
        SELECT 'feed_records_default'::regclass
        UNION ALL (SELECT partition FROM feed_partitions() WHERE starts < before - slack ORDER BY starts)
      LOOP
        EXECUTE format(
          'DELETE FROM %s WHERE ctid = ANY (ARRAY(SELECT ctid FROM %s WHERE ts_event < $1 ORDER BY ts_event LIMIT $2))',
          part, part) USING before, most - deleted;
        GET DIAGNOSTICS gone = ROW_COUNT;
        deleted := deleted + gone;
        EXIT WHEN deleted >= most;
      END LOOP;
      RETURN deleted;
    END $$;
    REVOKE EXECUTE ON FUNCTION make_feed_partitions(timestamptz[], integer), drop_feed_partitions(timestamptz),
      delete_feed_records(timestamptz, interval, integer) FROM PUBLIC;

    -- What was stored before: up to the end of its week a span of its own, what is later in the default one.
    DO $$
    DECLARE
      upper_end timestamptz := date_bin('168 hours', now(), '2001-01-01 00:00:00+00') + interval '168 hours';
    BEGIN
      IF NOT EXISTS (SELECT FROM feed_records_before) THEN
        DROP TABLE feed_records_before;
        RETURN;
      END IF;
      WITH later AS (DELETE FROM feed_records_before WHERE ts_event >= upper_end RETURNING *)
        INSERT INTO feed_records SELECT * FROM later;
      ALTER TABLE feed_records_before ADD PRIMARY KEY (id, ts_event);
      EXECUTE format(
        'ALTER TABLE feed_records ATTACH PARTITION feed_records_before FOR VALUES FROM (MINVALUE) TO (%L)', upper_end);
    END $$;
    """
}
