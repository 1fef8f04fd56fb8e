-- Grain: one row per opportunity and touch of its people, numbered by time, then touch id, from the lookback before its
-- creation to its close (to now while open). The path of a basis is the part up to its anchor.
-- Kept from night to night: only paths whose fingerprint changed are made anew.
-- Hazard: a touch of a person with two opportunities stands here twice.
{{
    config(
        materialized="incremental",
        incremental_strategy="append",
        on_schema_change="fail",
        pre_hook="{{ delete_stale(ref('int_opportunity_path_summary')) }}",
        post_hook="{{ forget_standing() }}",
    )
}}

with
    path_summary as (select opportunity_id, fingerprint from {{ ref("int_opportunity_path_summary") }}),

    {{ due_row("path_summary") }},

    {{ opportunity_span() }},

    touch as (select * from {{ ref("int_touch") }} where person_id is not null),

    due_span as (select span.*, due.fingerprint from span inner join due on span.opportunity_id = due.opportunity_id),

    {{ numbered_path("due_span", "touch") }}

select *
from numbered_path
