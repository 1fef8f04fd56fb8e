-- Grain: one row per lead: channel, campaign and content of its person's last touch at or before its creation, inside
-- the lookback in force then. Without such a touch: unattributed, and the campaign the CRM names.
with
    lead_record as (select * from {{ ref("int_lead") }}),

    setting_period as (select * from {{ ref("stg_definitions__setting") }}),

    touch as (select * from {{ ref("int_touch") }} where person_id is not null),

    lead_span as (
        select
            lead_record.lead_id,
            lead_record.person_id,
            lead_record.campaign_id,
            lead_record.created_at,
            {{ add_days("lead_record.created_at", "-cast(lookback.value as double)") }} as path_starts_at
        from lead_record
        inner join
            setting_period as lookback
            on lookback.setting = 'attribution_lookback_days'
            and lookback.effective_from <= lead_record.created_at
            and lookback.effective_to > lead_record.created_at
    ),

    last_touch as (
        select lead_span.lead_id, touch.touch_id, touch.touched_at, touch.channel, touch.campaign_id, touch.content
        from lead_span
        inner join
            touch
            on lead_span.person_id = touch.person_id
            and touch.touched_at >= lead_span.path_starts_at
            and touch.touched_at <= lead_span.created_at
        -- one key of two columns: DuckDB keeps the greatest, and sorts nothing
        qualify row_number() over (partition by lead_span.lead_id order by (touch.touched_at, touch.touch_id) desc) = 1
    ),

    final as (
        select
            lead_span.lead_id,
            coalesce(last_touch.channel, 'unattributed') as channel,
            case
                when last_touch.touch_id is null then lead_span.campaign_id else last_touch.campaign_id
            end as campaign_id,
            last_touch.content
        from lead_span
        left join last_touch on lead_span.lead_id = last_touch.lead_id
    )

select *
from final
