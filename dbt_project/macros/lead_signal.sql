{% macro lead_signal() -%}
    {#- Common table expressions that end in lead_signal: the signals of each row of `scored` (lead_id, person_id,
        created_at, scored_at, is_rejected; define it and `leads` before). Nothing known only afterwards enters them:
        touches up to the scoring time that were known by then to be the person's, fields as they were then (the old
        value of the first later change). A field without history counts with today's value. `attributes` are today's. -#}
    {% set fields = [
        "job_title",
        "industry",
        "employee_count",
        "annual_revenue",
        "country",
        "technology",
        "growth_stage",
        "trigger_event",
    ] %}
    {% set counted = counted_touches() %}
    {# the days a counter looks back are in its name #}
    {% set counters = {
        "sessions_30d": counted.page_views,
        "sessions_60d": counted.page_views,
        "pricing_page_views_30d": counted.pricing_page_views,
        "pricing_page_views_60d": counted.pricing_page_views,
        "content_views_60d": counted.page_views
        ~ " and (lower(landing_page) like '%blog%' or lower(landing_page) like '%docs%' or lower(landing_page) like '%resource%')",
        "form_submissions_30d": is_form("touch_type", "medium"),
        "form_submissions_60d": is_form("touch_type", "medium"),
        "event_attendances_30d": is_event("touch_type", "medium"),
        "event_attendances_60d": is_event("touch_type", "medium"),
        "email_clicks_60d": "touch_type = 'email_click'",
        "paid_touches_60d": "lower(medium) in ('cpc', 'ppc', 'paid', 'paidsocial', 'paid-social', 'display', 'retargeting')",
    } %}
    seen as (
        select
            scored.lead_id,
            touch.touch_id,
            touch.touch_type,
            touch.medium,
            touch.landing_page,
            touch.channel,
            touch.campaign_id,
            touch.touched_at,
            {{ elapsed_days("touch.touched_at", "scored.scored_at") }} as days_before
        from scored
        inner join
            {{ ref("int_touch") }} as touch
            on scored.person_id = touch.person_id
            and coalesce(touch.identified_at, touch.touched_at) <= scored.scored_at
    ),

    behaviour as (
        select
            lead_id,
            {% for counter, condition in counters.items() %}
                count(case when days_before <= {{ counter[-3:-1] }} and ({{ condition }}) then 1 end) as {{ counter }},
            {% endfor %}
            count(distinct case when days_before <= 60 then channel end) as distinct_channels_60d,
            count(case when days_before <= 30 then 1 end) as touches_30d,
            count(case when days_before <= 90 then 1 end) as touches_90d,
            count(case when days_before <= 30 and {{ counted.page_views }} then 1 end) as page_views_30d,
            count(case when {{ counted.form_submissions }} then 1 end) as form_submissions,
            count(case when {{ counted.event_attendances }} then 1 end) as event_attendances,
            cast(floor(min(days_before)) as double) as days_since_last_touch,
            cast(floor(max(days_before)) as double) as days_since_first_touch
        from seen
        group by lead_id
    ),

    -- a campaign answered twice is one, answered when it was last
    response as (
        select
            lead_id,
            count(case when days_before <= 60 then 1 end) as responded_campaigns_60d,
            count(*) as responded_campaigns
        from
            (
                select lead_id, min(days_before) as days_before
                from seen
                where touch_type = 'campaign_response'
                group by lead_id, coalesce(campaign_id, touch_id)
            ) as campaign
        group by lead_id
    ),

    last_touch as (
        select lead_id, channel
        from seen
        qualify row_number() over (partition by lead_id order by (touched_at, touch_id) desc) = 1
    ),

    -- what was changed later had its old value at the scoring time
    later_change as (
        select scored.lead_id, change.field, change.old_value as value_then
        from scored
        inner join {{ ref("int_lead_field_change") }} as change on scored.lead_id = change.lead_id
        where
            change.recorded_at > scored.scored_at
            and change.field in ('{{ (fields + ["lead_source"]) | join("', '") }}')
        qualify row_number() over (partition by scored.lead_id, change.field order by change.change_number) = 1
    ),

    later as (
        select
            lead_id,
            {% for field in fields + ["lead_source"] %}
                max(case when field = '{{ field }}' then value_then end) as {{ field }}{{ "," if not loop.last }}
            {% endfor %}
        from later_change
        group by lead_id
    ),

    -- a lead created with a filler has the source that was entered later: until then it has the one known then
    source_then as (
        select later.lead_id, case when fillers.value is null then later.lead_source end as lead_source
        from later
        inner join leads on later.lead_id = leads.lead_id
        left join {{ ref("stg_definitions__fillers") }} as fillers on lower(later.lead_source) = fillers.value
        where later.lead_source is not null and leads.lead_source_raw is distinct from leads.first_lead_source
    ),

    fit as (
        select
            leads.lead_id,
            {% for field in fields %}
                nullif(trim(coalesce(later.{{ field }}, cast(leads.{{ field }} as varchar))), '') as {{ field }},
            {% endfor %}
            nullif(
                lower(
                    trim(case when source_then.lead_id is null then leads.lead_source else source_then.lead_source end)
                ),
                ''
            ) as lead_source,
            leads.attributes
        from leads
        left join later on leads.lead_id = later.lead_id
        left join source_then on leads.lead_id = source_then.lead_id
    ),

    -- the earliest of the lead's opportunities that came after the scoring
    outcome as (
        select
            scored.lead_id,
            min(case when opportunity.created_at > scored.scored_at then opportunity.created_at end) as opportunity_at,
            min(
                case when opportunity.qualified_at > scored.scored_at then opportunity.qualified_at end
            ) as qualified_at,
            min(
                case when opportunity.is_won and opportunity.closed_at > scored.scored_at then opportunity.closed_at end
            ) as won_at
        from scored
        inner join {{ ref("int_lead_opportunity") }} as link on scored.lead_id = link.lead_id
        inner join {{ ref("int_opportunity") }} as opportunity on link.opportunity_id = opportunity.opportunity_id
        group by scored.lead_id
    ),

    measured as (
        select
            scored.lead_id,
            scored.scored_at,
            {% for counter in counters %}
                cast(coalesce(behaviour.{{ counter }}, 0) as double) as {{ counter }},
            {% endfor %}
            cast(coalesce(response.responded_campaigns_60d, 0) as double) as responded_campaigns_60d,
            cast(coalesce(behaviour.distinct_channels_60d, 0) as double) as distinct_channels_60d,
            coalesce(behaviour.touches_30d, 0) as touches_30d,
            coalesce(behaviour.touches_90d, 0) as touches_90d,
            coalesce(behaviour.page_views_30d, 0) as page_views_30d,
            coalesce(behaviour.form_submissions, 0) as form_submissions,
            coalesce(behaviour.event_attendances, 0) as event_attendances,
            coalesce(response.responded_campaigns, 0) as responded_campaigns,
            behaviour.days_since_last_touch,
            behaviour.days_since_first_touch,
            cast(floor({{ elapsed_days("scored.created_at", "scored.scored_at") }}) as double) as days_since_creation,
            try_cast(fit.employee_count as double) as employee_count,
            try_cast(fit.annual_revenue as double) as annual_revenue,
            lower(fit.industry) as industry,
            lower(fit.country) as country,
            lower(fit.technology) as technology,
            lower(fit.growth_stage) as growth_stage,
            lower(fit.trigger_event) as trigger_event,
            lower(fit.job_title) as job_title,
            {{ job_level("lower(fit.job_title)") }} as job_level,
            {{ job_function("lower(fit.job_title)") }} as job_function,
            fit.lead_source,
            last_touch.channel,
            fit.attributes,
            scored.is_rejected,
            outcome.opportunity_at is not null as has_opportunity,
            outcome.qualified_at,
            outcome.won_at
        from scored
        inner join fit on scored.lead_id = fit.lead_id
        left join behaviour on scored.lead_id = behaviour.lead_id
        left join response on scored.lead_id = response.lead_id
        left join last_touch on scored.lead_id = last_touch.lead_id
        left join outcome on scored.lead_id = outcome.lead_id
    ),

    lead_signal as (
        select
            *,
            -- the outcome within the horizon
            coalesce(
                won_at > scored_at
                and {{ seconds_between("scored_at", "won_at") }}
                <= 86400 * cast({{ setting("scoring_horizon_days") }} as integer),
                false
            ) as is_won,
            coalesce(
                qualified_at > scored_at
                and {{ seconds_between("scored_at", "qualified_at") }}
                <= 86400 * cast({{ setting("scoring_horizon_days") }} as integer),
                false
            ) as is_qualified
        from measured
    )
{%- endmacro %}
