-- Grain: one row per user of a CRM, with the side (marketing, sales, system) its team is on. A queue that a mapping
-- delivers among its users is a row too, and no person.
select owner_id, source_system, name, team, team_side, user_type, is_active, is_human, attributes
from {{ ref("int_owner") }}
