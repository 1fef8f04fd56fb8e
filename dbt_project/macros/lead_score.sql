{#- Points and scores of leads by all scorecards, out of their signals: once for the leads that were handed off, once for
    those that were not, whose signals move with the clock. -#}
{% macro lead_score_point() -%}
    {#- Common table expressions that end in lead_score_point: the bins that apply to each row of `signal` (define it
        before). -#}
    {% set number_fields = number_signals() + [
        "touches_30d",
        "touches_90d",
        "page_views_30d",
        "form_submissions",
        "event_attendances",
        "responded_campaigns",
    ] %}
    {% set text_fields = category_signals() + ["job_title"] %}
    {% set record_fields = lead_value_fields() | reject("in", number_fields + text_fields) | list %}
    bin as (select * from {{ ref("int_scorecard_bin") }}),

    -- only what some card or rule asks for
    asked as (select distinct field from bin),

    value as (
        select
            signal.lead_id,
            signal.scored_at,
            asked.field,
            case
                asked.field
                {% for field in text_fields %} when '{{ field }}' then signal.{{ field }} {% endfor %}
                {% for field in number_fields %}
                    when '{{ field }}'
                    then
                        case
                            -- a whole number without its decimals; what no bigint holds stays as it is
                            when abs(signal.{{ field }}) < 1e15 and signal.{{ field }} = floor(signal.{{ field }})
                            then cast(cast(signal.{{ field }} as bigint) as varchar)
                            else cast(signal.{{ field }} as varchar)
                        end
                {% endfor %}
                else
                    case
                        when asked.field like 'attribute:%'
                        then
                            nullif(
                                lower(trim({{ attribute_text("signal.attributes", "substr(asked.field, 11)") }})), ''
                            )
                    end
            end as text_value
        from signal
        cross join asked
    ),

    -- an engagement rule may ask for what is no signal
    asked_of_record as (
        select field from asked where field in ('{{ (record_fields + (lead_fixed_fields() | list)) | join("', '") }}')
    ),

    recorded as (
        select
            signal.lead_id,
            change.field,
            coalesce(
                max_by(change.new_value, case when change.changed_at <= signal.scored_at then change.change_number end),
                min_by(change.old_value, change.change_number)
            ) as text_value
        from signal
        inner join {{ ref("int_lead_field_change") }} as change on signal.lead_id = change.lead_id
        inner join asked_of_record on change.field = asked_of_record.field
        group by signal.lead_id, change.field
    ),

    record_value as (
        select
            signal.lead_id,
            signal.scored_at,
            asked_of_record.field,
            nullif(
                lower(coalesce(recorded.text_value, {{ lead_field_text("asked_of_record.field", record_fields) }})), ''
            ) as text_value
        from signal
        inner join {{ ref("int_lead") }} as leads on signal.lead_id = leads.lead_id
        cross join asked_of_record
        left join recorded on signal.lead_id = recorded.lead_id and asked_of_record.field = recorded.field
    ),

    -- as int_lead_criteria_met knows them
    judged_value as (
        select
            signal.lead_id,
            signal.scored_at,
            asked.field,
            case when icp.is_icp_fit then 'true' when not icp.is_icp_fit then 'false' end as text_value
        from signal
        inner join
            {{ ref("int_lead_icp") }} as icp
            on signal.lead_id = icp.lead_id
            and icp.valid_from <= signal.scored_at
            and signal.scored_at < icp.valid_to
        inner join asked on asked.field = 'icp_fit'
        union all
        select signal.lead_id, signal.scored_at, asked.field, cast(count(activity.lead_id) as varchar) as text_value
        from signal
        inner join asked on asked.field = 'sales_conversations'
        left join
            {{ ref("int_lead_activity") }} as activity
            on signal.lead_id = activity.lead_id
            and activity.took_place_at <= signal.scored_at
            and {{ is_sales_conversation("activity") }}
        group by signal.lead_id, signal.scored_at, asked.field
    ),

    -- what stands on the record alone, or is judged, is null among the signals
    asked_value as (
        select lead_id, scored_at, field, text_value
        from value
        union all
        select lead_id, scored_at, field, text_value
        from record_value
        union all
        select lead_id, scored_at, field, text_value
        from judged_value
    ),

    -- a value is judged once for all the leads that have it
    rule_value as (select distinct field, text_value from asked_value where text_value is not null),

    rule_met as (
        select rule_value.field, rule_value.text_value, bin.version, bin.attribute, bin.bin_number, bin.kind
        from bin
        inner join rule_value on bin.field = rule_value.field
        where bin.kind in ('rule', 'alternative') and {{ holds("rule_value.text_value", "bin.operator", "bin.value") }}
    ),

    met as (
        select value.lead_id, rule_met.version, rule_met.attribute, rule_met.bin_number, value.text_value, rule_met.kind
        from asked_value as value
        inner join rule_met on value.field = rule_met.field and value.text_value = rule_met.text_value
        inner join
            (select distinct version, effective_from, effective_to from bin where method = 'rules') as period
            on rule_met.version = period.version
            and period.effective_from <= value.scored_at
            and value.scored_at < period.effective_to
    ),

    by_rule as (select lead_id, version, attribute, bin_number, text_value from met where kind = 'rule'),

    -- of the alternatives of a rule, one counts
    by_alternative as (
        select lead_id, version, attribute, min(bin_number) as bin_number, min_by(text_value, bin_number) as text_value
        from met
        where kind = 'alternative'
        group by lead_id, version, attribute
    ),

    -- nan and inf are no numbers to a card
    number_value as (
        select
            lead_id,
            field,
            text_value,
            case when abs(try_cast(text_value as double)) < 1e308 then try_cast(text_value as double) end as number
        from value
    ),

    by_number as (
        select value.lead_id, bin.version, bin.attribute, bin.bin_number, value.text_value
        from number_value as value
        inner join
            bin
            on value.field = bin.field
            and bin.kind = 'number'
            and value.number >= coalesce(bin.lower_bound, -1e308)
            and value.number < coalesce(bin.upper_bound, 1e308)
    ),

    by_category as (
        select value.lead_id, category.version, category.attribute, category.bin_number, value.text_value
        from value
        inner join
            {{ source("scoring_store", "scorecard_category") }} as category
            on value.field = category.attribute
            and value.text_value = category.category
    ),

    by_other as (
        select value.lead_id, bin.version, bin.attribute, bin.bin_number, value.text_value
        from value
        inner join bin on value.field = bin.field and bin.kind = 'other'
        left join
            {{ source("scoring_store", "scorecard_category") }} as category
            on bin.version = category.version
            and bin.attribute = category.attribute
            and value.text_value = category.category
        where value.text_value is not null and category.category is null
    ),

    by_missing as (
        select value.lead_id, bin.version, bin.attribute, bin.bin_number, value.text_value
        from number_value as value
        inner join bin on value.field = bin.field and bin.kind = 'missing'
        left join
            (select distinct version, attribute from bin where kind = 'number') as numbered
            on bin.version = numbered.version
            and bin.attribute = numbered.attribute
        where value.text_value is null or (numbered.attribute is not null and value.number is null)
    ),

    applied as (
        select *
        from by_rule
        union all
        select *
        from by_alternative
        union all
        select *
        from by_number
        union all
        select *
        from by_category
        union all
        select *
        from by_other
        union all
        select *
        from by_missing
    ),

    lead_score_point as (
        select
            applied.lead_id,
            applied.version,
            applied.attribute,
            bin.bin_number,
            bin.bin,
            bin.points,
            case
                when bin.kind = 'rule'
                then applied.attribute || ' ' || applied.text_value
                when bin.kind = 'alternative'
                then bin.field || ' ' || applied.text_value
                else applied.attribute || ' ' || bin.bin
            end as reason
        from applied
        inner join
            bin
            on applied.version = bin.version
            and applied.attribute = bin.attribute
            and applied.bin_number = bin.bin_number
    )
{%- endmacro %}

{% macro lead_score_version() -%}
    {#- Common table expressions that end in lead_score_version: the score of each row of `signal` (lead_id, scored_at,
        is_won) by the rule points in force then and by every learned card, out of `point`. -#}
    version as (
        select distinct version, method, effective_from, effective_to
        from {{ ref("int_scorecard_bin") }}
        union
        -- definitions without a single point still give every lead its 0
        select 'rules-' || version as version, 'rules' as method, effective_from, effective_to
        from {{ ref("stg_definitions__versions") }}
    ),

    summed as (select lead_id, version, sum(points) as points from point group by lead_id, version),

    -- the three reasons side by side: to sort a text of each lead costs more than all else here
    reason as (
        select
            lead_id,
            version,
            concat_ws(
                '; ',
                max(case when reason_number = 1 then reason || ' (+' || cast(points as varchar) || ')' end),
                max(case when reason_number = 2 then reason || ' (+' || cast(points as varchar) || ')' end),
                max(case when reason_number = 3 then reason || ' (+' || cast(points as varchar) || ')' end)
            ) as top_reasons
        from
            (
                select
                    lead_id,
                    version,
                    points,
                    reason,
                    row_number() over (
                        partition by lead_id, version order by points desc, attribute, bin_number
                    ) as reason_number
                from point
                where points > 0
            ) as ranked
        where reason_number <= 3
        group by lead_id, version
    ),

    named as (
        select value as version, effective_from, effective_to
        from {{ ref("stg_definitions__setting") }}
        where setting = 'scorecard_version'
    ),

    scored as (
        select
            signal.lead_id,
            version.version,
            version.method,
            cast(least(greatest(coalesce(summed.points, 0), 0), 100) as integer) as score,
            reason.top_reasons,
            signal.scored_at,
            signal.is_won,
            case
                when version.method = 'rules'
                then coalesce(named.version, 'rules') = 'rules'
                else version.version = named.version
            end as is_in_force
        from signal
        inner join version on version.effective_from <= signal.scored_at and signal.scored_at < version.effective_to
        left join named on named.effective_from <= signal.scored_at and signal.scored_at < named.effective_to
        left join summed on signal.lead_id = summed.lead_id and version.version = summed.version
        left join reason on signal.lead_id = reason.lead_id and version.version = reason.version
    ),

    lead_score_version as (
        select
            lead_id,
            version,
            method,
            score,
            {{ score_band("score") }} as score_band,
            top_reasons,
            scored_at,
            is_won,
            is_in_force
        from scored
    )
{%- endmacro %}
