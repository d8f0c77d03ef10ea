-- up
-- Who is invited is somebody of their own until they take it up, whoever else has the address: a guest of one
-- organisation, whose address is here; `email` is then a name by which nobody signs in.
ALTER TABLE users ADD COLUMN invited_email text;
CREATE INDEX idx_users_invited ON users (invited_email) WHERE invited_email IS NOT NULL;

-- down
DELETE FROM user_roles WHERE user_id IN (SELECT id FROM users WHERE invited_email IS NOT NULL);
DELETE FROM users WHERE invited_email IS NOT NULL;
DROP INDEX idx_users_invited;
ALTER TABLE users DROP COLUMN invited_email;
