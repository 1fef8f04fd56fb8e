-- Grain: one row per team. Join on lower(trim(<department>)) = team_key.
select team, lower(trim(team)) as team_key, lower(side) as side from {{ ref("teams") }}
