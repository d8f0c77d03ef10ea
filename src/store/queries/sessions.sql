-- name: user_session_add
-- params: id text, user int, project int, agent text, address text, now time, expires_at time
-- scope: system — a person's session is theirs in every project
INSERT INTO user_sessions (id, user_id, project_id, agent, address, created_at, seen_at, expires_at)
VALUES (:id, :user, :project, :agent, :address, :now, :now, :expires_at);

-- name: user_session_find
-- Who is behind a session that still counts.
-- params: id text, now time
-- scope: system — finds who asks
SELECT s.user_id, s.created_at
  FROM user_sessions s JOIN users u ON u.id = s.user_id
 WHERE s.id = :id AND s.revoked_at IS NULL AND s.expires_at > :now AND u.disabled_at IS NULL;

-- name: actor_by_session
-- The same with each of the roles (one row each, or one without) for the project that is asked for, or else the one that
-- the session has chosen: who asks and what they may is one look.
-- params: id text, project int, now time
-- scope: system — finds who asks, and whether the project may be asked for at all
WITH who AS MATERIALIZED (
  SELECT s.user_id, s.project_id, coalesce(CAST(:project AS bigint), s.project_id) AS place,
         u.email, u.name, u.language, u.theme, u.time_zone
    FROM user_sessions s JOIN users u ON u.id = s.user_id
   WHERE s.id = :id AND s.revoked_at IS NULL AND s.expires_at > :now AND u.disabled_at IS NULL)
SELECT who.user_id, who.project_id, who.email, who.name, who.language, who.theme, who.time_zone,
       p.id AS place, p.org_id, r.role, r.project_id IS NULL AS whole_org
  FROM who
  LEFT JOIN projects p ON p.id = who.place
  LEFT JOIN user_roles r ON r.user_id = who.user_id AND r.org_id = p.org_id
                        AND (r.project_id IS NULL OR r.project_id = p.id);

-- name: user_session_seen
-- params: id text, now time, expires_at time
-- scope: system — the token itself was the proof
UPDATE user_sessions SET seen_at = :now, expires_at = :expires_at WHERE id = :id;

-- name: user_session_choose
-- params: id text, project int
-- scope: system — the asker's own session
UPDATE user_sessions SET project_id = :project WHERE id = :id;

-- name: user_session_list
-- params: user int, now time, limit int
-- scope: system — a person's own
SELECT id, agent, address, created_at, seen_at, expires_at
  FROM user_sessions
 WHERE user_id = :user AND revoked_at IS NULL AND expires_at > :now
 ORDER BY seen_at DESC, id LIMIT :limit;

-- name: user_session_revoke
-- params: id text, user int, now time
-- scope: system — a person's own
UPDATE user_sessions SET revoked_at = :now WHERE id = :id AND user_id = :user AND revoked_at IS NULL;

-- name: user_sessions_revoke
-- All of somebody's sessions, but one when it is given.
-- params: user int, but text, now time
-- scope: system — a person's own
UPDATE user_sessions SET revoked_at = :now
 WHERE user_id = :user AND revoked_at IS NULL AND (CAST(:but AS text) IS NULL OR id <> :but);

-- name: refresh_token_add
-- params: token_hash text, session text, now time
-- scope: system — a person's session is theirs in every project
INSERT INTO refresh_tokens (token_hash, session_id, created_at) VALUES (:token_hash, :session, :now);

-- name: refresh_token_use
-- Uses it up; a second use finds nothing.
-- params: token_hash text, now time
-- scope: system — finds who asks
UPDATE refresh_tokens SET used_at = :now WHERE token_hash = :token_hash AND used_at IS NULL
RETURNING session_id;

-- name: refresh_token_find
-- params: token_hash text
-- scope: system — finds whose token was used twice
SELECT t.session_id, t.used_at, s.user_id
  FROM refresh_tokens t JOIN user_sessions s ON s.id = t.session_id
 WHERE t.token_hash = :token_hash;

-- name: user_link_add
-- params: token_hash text, user int, purpose text, now time, expires_at time
-- scope: system — a person's own, in whatever project
INSERT INTO user_links (token_hash, user_id, purpose, created_at, expires_at)
VALUES (:token_hash, :user, :purpose, :now, :expires_at);

-- name: user_link_find
-- params: token_hash text, now time
-- scope: system — finds who asks
SELECT l.user_id, l.purpose, u.email, u.name
  FROM user_links l JOIN users u ON u.id = l.user_id
 WHERE l.token_hash = :token_hash AND l.used_at IS NULL AND l.expires_at > :now AND u.disabled_at IS NULL;

-- name: user_link_use
-- Takes the link; a second use finds nothing.
-- params: token_hash text, now time
-- scope: system — finds who asks
UPDATE user_links SET used_at = :now
 WHERE token_hash = :token_hash AND used_at IS NULL AND expires_at > :now
RETURNING user_id, purpose;

-- name: user_links_revoke
-- params: user int, now time
-- scope: system — a person's own
UPDATE user_links SET used_at = :now WHERE user_id = :user AND used_at IS NULL;

-- name: user_links_take_back
-- The links of a guest, and of who belongs nowhere any more: what they were made for was taken back.
-- params: user int, now time
-- scope: system — one of an organisation's own people, whose role was taken
UPDATE user_links SET used_at = :now
 WHERE user_id = :user AND used_at IS NULL
   AND (NOT EXISTS (SELECT 1 FROM user_roles r WHERE r.user_id = :user)
        OR EXISTS (SELECT 1 FROM users u WHERE u.id = :user AND u.invited_email IS NOT NULL));
