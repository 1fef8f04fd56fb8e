-- Grain: one row per surviving account; a missing value is taken from the same account's record in the next system.
with
    ranked as (
        select
            alias.account_id,
            record.*,
            alias.domain,
            row_number() over (
                partition by alias.account_id
                order by
                    case when record.record_id = alias.account_id then 0 else 1 end,
                    {{ system_rank("record.source_system") }},
                    record.source_system,
                    record.record_id
            ) as record_rank
        from {{ ref("int_account_record") }} as record
        inner join {{ ref("int_account_alias") }} as alias on record.record_id = alias.record_id
        inner join
            {{ ref("int_record_survivor") }} as survivor
            on survivor.object = 'account'
            and record.record_id = survivor.record_id
            and survivor.state = 'survivor'
    ),

    final as (
        select
            account_id,
            min_by(source_system, record_rank) as source_system,
            {% for field in [
                "name",
                "domain",
                "industry",
                "employee_count",
                "annual_revenue",
                "country",
                "technology",
                "growth_stage",
                "owner_id",
                "parent_id",
                "attributes",
            ] %}
                min_by({{ field }}, case when {{ field }} is not null then record_rank end) as {{ field }},
            {% endfor %}
            min(created_at) as created_at
        from ranked
        group by account_id
    )

select *
from final
