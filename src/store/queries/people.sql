-- name: user_add
-- params: email text, name text, password_hash text, now time
-- scope: system — people stand above organisations; their roles say where they belong
INSERT INTO users (email, name, password_hash, created_at, password_changed_at)
VALUES (:email, :name, :password_hash, :now, CASE WHEN :password_hash IS NULL THEN NULL ELSE :now END)
ON CONFLICT (email) DO NOTHING
RETURNING id;

-- name: user_invite
-- A guest: somebody of their own, whoever else has the address. key: a name by which nobody signs in.
-- params: key text, email text, name text, now time
-- scope: system — people stand above organisations; their roles say where they belong
INSERT INTO users (email, invited_email, name, created_at) VALUES (:key, :email, :name, :now)
RETURNING id;

-- name: user_account
-- Whether an address has an account, and a password to it. One that nobody ever came to and that has no role anywhere
-- is none: it was made for an invitation, before there were guests, that was taken back.
-- params: email text
-- scope: system — the person themselves, whose link was proved
SELECT password_hash IS NOT NULL AS has_password
  FROM users
 WHERE email = :email
   AND (password_hash IS NOT NULL OR EXISTS (SELECT 1 FROM user_sessions s WHERE s.user_id = users.id)
        OR EXISTS (SELECT 1 FROM user_roles r WHERE r.user_id = users.id));

-- name: user_make_way
-- Who has the address of a guest, and no account (user_account), makes way: an empty row for the names in the audit log.
-- params: user int
-- scope: system — the person themselves, whose link was proved
UPDATE users SET invited_email = email, email = 'gone ' || id
 WHERE email = (SELECT g.invited_email FROM users g WHERE g.id = :user) AND password_hash IS NULL
   AND NOT EXISTS (SELECT 1 FROM user_sessions s WHERE s.user_id = users.id)
   AND NOT EXISTS (SELECT 1 FROM user_roles r WHERE r.user_id = users.id);

-- name: user_settle
-- A guest becomes who has the address, if nobody has it yet.
-- params: user int
-- scope: system — the person themselves, whose link was proved
UPDATE users SET email = invited_email, invited_email = NULL
 WHERE id = :user AND invited_email IS NOT NULL
   AND NOT EXISTS (SELECT 1 FROM users o WHERE o.email = users.invited_email)
RETURNING id;

-- name: user_guest_last
-- Who was invited by an address, has not come and may: the last of them, of any organisation.
-- params: email text
-- scope: system — who runs the installation
SELECT u.id FROM users u
 WHERE u.invited_email = :email AND u.disabled_at IS NULL
   AND EXISTS (SELECT 1 FROM user_roles r WHERE r.user_id = u.id)
 ORDER BY u.id DESC LIMIT 1;

-- part: person
SELECT id, coalesce(invited_email, email) AS email, invited_email IS NOT NULL AS is_guest, name, password_hash,
       language, theme, time_zone, created_at, disabled_at
  FROM users

-- name: user_by_email
-- params: email text
-- scope: system — somebody who signs in, before it is known where they belong
-- use: person
 WHERE email = :email;

-- name: user_by_id
-- params: user int
-- scope: system — the person themselves, whose session or link was proved
-- use: person
 WHERE id = :user;

-- name: user_hold
-- What a sign-in or another password rests on. Until the transaction ends, who would change it waits.
-- params: user int
-- scope: system — the person themselves, whose password was proved
-- [sqlite]
SELECT password_hash, disabled_at FROM users WHERE id = :user;
-- [postgres]
SELECT password_hash, disabled_at FROM users WHERE id = :user FOR NO KEY UPDATE;

-- name: user_owner_any
-- Whom the one-time link of a start signs in: the first owner of the first organisation.
-- scope: system — a start has nobody who asks
SELECT u.id FROM users u JOIN user_roles r ON r.user_id = u.id
 WHERE r.role = 'owner' AND r.project_id IS NULL AND u.disabled_at IS NULL AND u.invited_email IS NULL
 ORDER BY r.org_id, u.id LIMIT 1;

-- name: user_set_password
-- params: user int, password_hash text, now time
-- scope: system — the person themselves, whose session or link was proved
UPDATE users SET password_hash = :password_hash, password_changed_at = :now WHERE id = :user;

-- name: user_set_preferences
-- params: user int, name text, language text, theme text, time_zone text
-- scope: system — the person themselves
UPDATE users SET name = :name, language = :language, theme = :theme, time_zone = :time_zone
 WHERE id = :user;

-- name: user_list
-- Who has a role in the organisation or one of its projects. project narrows it to those who have something to
-- do with that project. When somebody was seen is told of sessions here alone, and since when they are there of roles
-- here: elsewhere is others' business.
-- params: org int, project int, after int, until int, limit int
-- scope: org
SELECT u.id, coalesce(u.invited_email, u.email) AS email, u.name, u.disabled_at,
       u.password_hash IS NOT NULL AS has_password,
       (SELECT min(r.created_at) FROM user_roles r WHERE r.user_id = u.id AND r.org_id = :org) AS created_at,
       (SELECT max(s.seen_at) FROM user_sessions s JOIN projects p ON p.id = s.project_id
         WHERE s.user_id = u.id AND p.org_id = :org
           AND (CAST(:project AS bigint) IS NULL OR p.id = :project)) AS seen_at,
       EXISTS (SELECT 1 FROM user_sessions s WHERE s.user_id = u.id) AS has_come
  FROM users u
 WHERE u.id > :after AND u.id <= :until
   AND EXISTS (SELECT 1 FROM user_roles r
                WHERE r.user_id = u.id AND r.org_id = :org
                  AND (CAST(:project AS bigint) IS NULL OR r.project_id IS NULL OR r.project_id = :project))
 ORDER BY u.id LIMIT :limit;

-- name: user_roles_in_org
-- params: user int[], org int[]
-- scope: org
-- [sqlite]
SELECT r.id, r.user_id, r.project_id, r.role, p.name AS project_name
  FROM user_roles r LEFT JOIN projects p ON p.id = r.project_id
 WHERE r.user_id = :user AND r.org_id = :org
 ORDER BY r.id;
-- [postgres]
SELECT r.id, r.user_id, r.project_id, r.role, p.name AS project_name
  FROM unnest(CAST(:user AS bigint[]), CAST(:org AS bigint[])) AS asked (user_id, org_id)
  JOIN user_roles r ON r.user_id = asked.user_id AND r.org_id = asked.org_id
  LEFT JOIN projects p ON p.id = r.project_id
 ORDER BY r.id;

-- name: user_disable
-- params: user int, disabled bool, now time
-- scope: system — one of an organisation's own people, found by member_find() before
UPDATE users SET disabled_at = CASE WHEN :disabled THEN :now END WHERE id = :user;

-- name: user_release
-- Who belongs nowhere any more is kept out by nobody: nobody could let them in again.
-- params: user int
-- scope: system — one of an organisation's own people, whose role was taken
UPDATE users SET disabled_at = NULL
 WHERE id = :user AND NOT EXISTS (SELECT 1 FROM user_roles r WHERE r.user_id = users.id);

-- name: user_orgs_elsewhere
-- Whether somebody belongs to another organisation as well.
-- params: user int, org int
-- scope: system — counts roles beyond the organisation's own
SELECT count(*) AS n FROM user_roles WHERE user_id = :user AND org_id <> :org;

-- name: member_by_email
-- params: org int, email text
-- scope: org
SELECT u.id FROM user_roles r JOIN users u ON u.id = r.user_id
 WHERE r.org_id = :org AND coalesce(u.invited_email, u.email) = :email
 ORDER BY u.id LIMIT 1;

-- name: guest_org
-- Whose guest somebody is, as long as they were given something there.
-- params: guest int
-- scope: system — the person themselves, whose link and password were proved
SELECT org_id FROM user_roles WHERE user_id = :guest LIMIT 1;

-- name: roles_drop
-- params: guest int
-- scope: system — the person themselves, whose link and password were proved
DELETE FROM user_roles WHERE user_id = :guest;

-- name: roles_move
-- What a guest was given becomes that of who has the address, but where they have something already.
-- params: guest int, user int
-- scope: system — the person themselves, whose link and password were proved
UPDATE user_roles SET user_id = :user
 WHERE user_id = :guest
   AND NOT EXISTS (SELECT 1 FROM user_roles o
                    WHERE o.user_id = :user AND o.org_id = user_roles.org_id
                      AND coalesce(o.project_id, 0) = coalesce(user_roles.project_id, 0));

-- name: role_grant
-- Gives a role, or another one in place of what they have there.
-- params: user int, org int, project int, role text, now time
-- scope: org
INSERT INTO user_roles (user_id, org_id, project_id, role, created_at)
VALUES (:user, :org, :project, :role, :now)
ON CONFLICT (user_id, org_id, coalesce(project_id, 0)) DO UPDATE SET role = excluded.role
RETURNING id;

-- name: role_find
-- params: id int, user int, org int
-- scope: org
SELECT r.id, r.user_id, r.project_id, r.role, p.name AS project_name
  FROM user_roles r LEFT JOIN projects p ON p.id = r.project_id
 WHERE r.id = :id AND r.user_id = :user AND r.org_id = :org;

-- name: role_at
-- What somebody has at one place.
-- params: user int, org int, project int
-- scope: org
SELECT r.id, r.user_id, r.project_id, r.role, p.name AS project_name
  FROM user_roles r LEFT JOIN projects p ON p.id = r.project_id
 WHERE r.user_id = :user AND r.org_id = :org
   AND coalesce(r.project_id, 0) = coalesce(CAST(:project AS bigint), 0);

-- name: role_kinds
-- What somebody is in the organisation, wherever; each once.
-- params: user int, org int
-- scope: org
SELECT DISTINCT role FROM user_roles WHERE user_id = :user AND org_id = :org;

-- name: role_take
-- params: id int, org int
-- scope: org
DELETE FROM user_roles WHERE id = :id AND org_id = :org;

-- name: org_owners
-- params: org int
-- scope: org
SELECT r.user_id FROM user_roles r JOIN users u ON u.id = r.user_id
 WHERE r.org_id = :org AND r.role = 'owner' AND r.project_id IS NULL AND u.disabled_at IS NULL
   AND u.invited_email IS NULL;

-- name: actor_places
-- The roles that somebody has for one project: its own, and those for the whole organisation.
-- params: user int, project int
-- scope: system — decides whether the project may be asked for at all
SELECT p.id AS place, p.org_id, r.role, r.project_id IS NULL AS whole_org
  FROM projects p
  JOIN user_roles r ON r.org_id = p.org_id AND (r.project_id IS NULL OR r.project_id = p.id)
 WHERE p.id = :project AND r.user_id = :user;

-- name: user_projects
-- Where somebody may go, the oldest first.
-- params: user int, after int, limit int
-- scope: system — the projects of one person, over organisations
SELECT p.id, p.name, p.time_zone, p.created_at, p.org_id, o.name AS org_name,
       min(r.role) AS role
  FROM projects p
  JOIN orgs o ON o.id = p.org_id
  JOIN user_roles r ON r.org_id = p.org_id AND (r.project_id IS NULL OR r.project_id = p.id)
 WHERE r.user_id = :user AND p.id > :after
 GROUP BY p.id, p.name, p.time_zone, p.created_at, p.org_id, o.name
 ORDER BY p.id LIMIT :limit;

-- name: user_orgs
-- Those that hear of what somebody does: their own, or the first organisation of who belongs to none, to which they
-- are a stranger: without a user_id.
-- params: user int
-- scope: system — a person's own, over organisations
SELECT DISTINCT org_id, user_id FROM user_roles WHERE user_id = :user
UNION ALL
SELECT (SELECT min(id) FROM orgs), NULL
 WHERE NOT EXISTS (SELECT 1 FROM user_roles WHERE user_id = :user) AND EXISTS (SELECT 1 FROM orgs)
 ORDER BY org_id LIMIT 64;
