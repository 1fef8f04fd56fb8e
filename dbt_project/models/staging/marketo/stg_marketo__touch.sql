-- Grain: one row per delivered activity that is a marketing touch: a form fill, a click in an e-mail, a success in a
-- program (an attended event, an answered campaign), whose medium is the program's channel as a CRM campaign's is its
-- type. The campaign parameters of the link win over Marketo's own words.
with
    program as (
        select native_id, name, type, version_at
        from {{ ref("stg_marketo__program") }}
        qualify {{ newest_version("native_id") }}
    ),

    program_of_name as (
        select lower(trim(name)) as program_key, type
        from program
        qualify
            row_number() over (partition by lower(trim(name)) order by version_at desc nulls last, native_id desc) = 1
    )

select
    'marketo:' || activity.native_id as touch_id,
    'marketo' as source_system,
    cast(null as {{ dbt.type_string() }}) as client_id,
    cast(null as {{ dbt.type_string() }}) as user_id,
    lead_id as person_record_id,
    cast(null as {{ dbt.type_string() }}) as email,
    happened_at as touched_at,
    coalesce({{ url_parameter("link", "utm_source") }}, 'marketo') as source,
    coalesce(
        {{ url_parameter("link", "utm_medium") }},
        case
            activity_type_id
            when 2
            then 'form'
            when 11
            then 'email'
            else coalesce(program.type, program_of_name.type, 'program')
        end
    ) as medium,
    coalesce(
        {{ url_parameter("link", "utm_campaign") }},
        -- an e-mail is named <program>.<asset>
        case
            when activity_type_id = 11
            then split_part(primary_attribute_value, '.', 1)
            when activity_type_id = 104
            then coalesce(program.name, primary_attribute_value)
        end
    ) as campaign,
    coalesce(
        {{ url_parameter("link", "utm_content") }}, case when activity_type_id != 104 then primary_attribute_value end
    ) as content,
    case
        activity_type_id when 2 then 'form_submission' when 11 then 'email_click' else 'campaign_response'
    end as touch_type,
    {{ click_id("link") }} as click_id,
    link as landing_page,
    false as is_deleted,
    activity.version_at,
    activity.delivery_rank,
    activity.record_line
from {{ ref("stg_marketo__activity") }} as activity
-- a success names its program by id too, which stays when the program is renamed
left join
    program
    on case when activity.activity_type_id = 104 then activity.primary_attribute_value_id end = program.native_id
left join program_of_name on lower(trim(activity.primary_attribute_value)) = program_of_name.program_key
where activity_type_id in (2, 11) or (activity_type_id = 104 and is_success)
