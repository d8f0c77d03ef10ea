-- How fast a project's events go through each stage of the path.

-- name: flow_rates
-- Of each stage the newest, :limit at most, that are no older than :since: how many, and since when. So it costs the
-- same however much there is, and however fast it comes.
-- params: project int, since time, limit int
SELECT received.n AS received, received.since AS received_since,
       processed.n AS processed, processed.since AS processed_since,
       published.n AS published, published.since AS published_since
  FROM (SELECT count(*) AS n, min(at) AS since
          FROM (SELECT received_at AS at FROM webhook_inbox
                 WHERE project_id = :project ORDER BY id DESC LIMIT :limit) AS latest
         WHERE at >= :since) AS received,
       (SELECT count(*) AS n, min(at) AS since
          FROM (SELECT created_at AS at FROM call_events
                 WHERE project_id = :project ORDER BY seq DESC LIMIT :limit) AS latest
         WHERE at >= :since) AS processed,
       (SELECT count(*) AS n, min(at) AS since
          FROM (SELECT created_at AS at FROM feed_events
                 WHERE project_id = :project ORDER BY seq DESC LIMIT :limit) AS latest
         WHERE at >= :since) AS published;
