-- Grain: one row per lead whose latest handoff has no decision yet: the handoff, and what is known of the lead's
-- touches.
-- How long it waits is asked in handoff_queue.
{% set counted = counted_touches() %}
with
    latest as (
        select *
        from {{ ref("int_handoff") }}
        qualify row_number() over (partition by lead_id order by handoff_number desc) = 1
    ),

    waiting as (
        select latest.*, leads.person_id, leads.owner_id as owner_id_now
        from latest
        inner join {{ ref("int_lead") }} as leads on latest.lead_id = leads.lead_id
        where latest.decision is null
    ),

    touches as (
        select
            waiting.lead_id,
            touch.touch_id,
            touch.touched_at,
            touch.touch_type,
            touch.channel,
            coalesce(touch.content, touch.campaign_name) as content,
            touch.campaign_id,
            touch.touched_at <= waiting.handed_off_at as is_before_handoff,
            row_number() over (
                partition by waiting.lead_id order by touch.touched_at desc, touch.touch_id desc
            ) as touch_rank
        from waiting
        inner join
            {{ ref("int_touch") }} as touch
            on waiting.person_id = touch.person_id
            and touch.touched_at <= {{ happened_until("int_touch_horizon") }}
    ),

    engagement as (
        select
            lead_id,
            count(case when is_before_handoff and {{ counted.form_submissions }} then 1 end) as form_submissions,
            count(case when is_before_handoff and {{ counted.event_attendances }} then 1 end) as event_attendances,
            count(
                distinct case
                    when is_before_handoff and touch_type = 'campaign_response' then coalesce(campaign_id, touch_id)
                end
            ) as responded_campaigns,
            count(case when is_before_handoff and {{ counted.page_views }} then 1 end) as visits,
            {{
                ordered_text(
                    "case when touch_rank <= 3 then cast("
                    ~ to_reporting_date("touched_at")
                    ~ " as varchar) || ' ' || touch_type || ' (' || channel || ')' || coalesce(': ' || content, '') end",
                    "touch_rank",
                )
            }}
            as last_touches
        from touches
        group by lead_id
    ),

    final as (
        select
            waiting.lead_id,
            waiting.handoff_number,
            waiting.owner_id_now as owner_id,
            waiting.owner_id as handoff_owner_id,
            waiting.handed_off_at,
            waiting.handed_off_business_seconds,
            waiting.response_at,
            waiting.is_within_sla,
            concat_ws(
                '; ',
                case
                    when waiting.is_icp_fit
                    then 'inside the ICP'
                    when not waiting.is_icp_fit
                    then 'outside the ICP'
                    else 'ICP fit unknown'
                end,
                case
                    when engagement.form_submissions > 0
                    then 'form submissions: ' || cast(engagement.form_submissions as varchar)
                end,
                case
                    when engagement.event_attendances > 0
                    then 'events attended: ' || cast(engagement.event_attendances as varchar)
                end,
                case
                    when engagement.responded_campaigns > 0
                    then 'campaigns answered: ' || cast(engagement.responded_campaigns as varchar)
                end,
                case when engagement.visits > 0 then 'visits: ' || cast(engagement.visits as varchar) end,
                waiting.icp_reasons
            ) as why_qualified,
            engagement.last_touches
        from waiting
        left join engagement on waiting.lead_id = engagement.lead_id
    )

select *
from final
