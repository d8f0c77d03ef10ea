-- Contacts: the people outside, by their number.

-- name: contact_load
-- params: project int[], number text[]
-- [sqlite]
SELECT id, project_id, phone_number FROM contacts WHERE project_id = :project AND phone_number = :number;
-- [postgres]
SELECT c.id, c.project_id, c.phone_number
  FROM unnest(:project, :number) AS k (project_id, number)
  JOIN contacts c ON c.project_id = k.project_id AND c.phone_number = k.number;

-- name: contact_insert
-- New contacts; gives back those that nobody else has inserted meanwhile.
-- params: project int[], number text[], formatted text[], now time
-- [sqlite]
INSERT INTO contacts (project_id, phone_number, formatted_number, display_name, created_at, updated_at)
VALUES (:project, :number, :formatted, :formatted, :now, :now)
    ON CONFLICT (project_id, phone_number) DO NOTHING
RETURNING id, project_id, phone_number;
-- [postgres]
INSERT INTO contacts (project_id, phone_number, formatted_number, display_name, created_at, updated_at)
SELECT k.project_id, k.number, k.formatted, k.formatted, :now, :now
  FROM unnest(:project, :number, :formatted) AS k (project_id, number, formatted)
    ON CONFLICT (project_id, phone_number) DO NOTHING
RETURNING id, project_id, phone_number;
