-- up
-- Who is invited is somebody of their own until they take it up, whoever else has the address: a guest of one
-- organisation, whose address is here; `email` is then a name by which nobody signs in.
ALTER TABLE users ADD COLUMN invited_email TEXT;
CREATE INDEX idx_users_invited ON users (invited_email) WHERE invited_email IS NOT NULL;
-- Who was shut out and belongs nowhere any more could be let in by nobody.
UPDATE users SET disabled_at = NULL
 WHERE disabled_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM user_roles r WHERE r.user_id = users.id);

-- down
-- Who has come by way of a node that knew no guests has a password: they get their address, unless it is somebody's.
UPDATE users SET email = invited_email, invited_email = NULL
 WHERE id IN (SELECT min(g.id) FROM users g WHERE g.invited_email IS NOT NULL AND g.password_hash IS NOT NULL
               GROUP BY g.invited_email)
   AND NOT EXISTS (SELECT 1 FROM users o WHERE o.email = users.invited_email);
UPDATE api_keys SET created_by = NULL
 WHERE created_by IN (SELECT id FROM users WHERE invited_email IS NOT NULL);
DELETE FROM user_roles WHERE user_id IN (SELECT id FROM users WHERE invited_email IS NOT NULL);
DELETE FROM users WHERE invited_email IS NOT NULL;
DROP INDEX idx_users_invited;
ALTER TABLE users DROP COLUMN invited_email;
