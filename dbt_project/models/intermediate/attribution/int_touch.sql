-- Grain: one row per touch, marketing or not, with its person, channel and campaign.
-- A session belongs to the person of its user id; one without, to the person of the next identified session of the
-- same client id, else of the last before (int_client_span), else of the lead that carries the client id as its cookie.
-- identified_at: when a later session told whose an anonymous one is; null: known at once, also where the one before,
-- or without any the cookie, said the same. Null person: never identified. Touches recorded on a deleted lead or
-- contact are left out (named_touch); those of merged-away records belong to the survivor.
with
    touch_record as (
        select
            *,
            coalesce(nullif(trim(user_id), ''), nullif(trim(email), '')) as user_key,
            case
                when (select count(*) from {{ ref("stg_definitions__channels") }} where field = 'click_id') > 0
                then coalesce(click_id, '')
                else ''
            end as click_key,
            case when touch_type = 'campaign_response' then touch_id end as response_touch_id
        from {{ ref("int_touch_record") }}
    ),

    {{ named_touch() }},

    channel_match as (select * from {{ ref("int_channel_match") }}),

    -- a response knows its campaign; an ads campaign of that name still comes first
    response_campaign as (
        select response.touch_id, campaign.campaign_id
        from {{ ref("int_campaign_response") }} as response
        inner join {{ ref("int_campaign") }} as campaign on response.campaign_record_id = campaign.campaign_id
    ),

    cookie_person as (
        select lead_record.cookie_id, min(person_record.person_id) as person_id
        from {{ ref("int_lead_record") }} as lead_record
        inner join
            {{ ref("int_person_record") }} as person_record
            on lead_record.record_id = person_record.record_id
            and person_record.object = 'lead'
        where lead_record.cookie_id is not null
        group by lead_record.cookie_id
        having count(distinct person_record.person_id) = 1
    ),

    final as (
        select
            named_touch.touch_id,
            named_touch.source_system,
            coalesce(
                named_touch.named_person_id,
                case when named_touch.user_key is null then coalesce(client_span.person_id, cookie_person.person_id) end
            ) as person_id,
            named_touch.touched_at,
            case
                when
                    named_touch.user_key is null
                    and client_span.person_id
                    is distinct from coalesce(client_span.previous_person_id, cookie_person.person_id)
                then client_span.until_at
            end as identified_at,
            channel_match.channel,
            channel_match.is_marketing,
            named_touch.source,
            named_touch.medium,
            case
                when channel_match.is_ads_campaign
                then channel_match.campaign_id
                else coalesce(response_campaign.campaign_id, channel_match.campaign_id)
            end as campaign_id,
            named_touch.campaign as campaign_name,
            named_touch.content,
            named_touch.touch_type,
            named_touch.landing_page
        from named_touch
        -- every touch has its combination; DuckDB expects an inner join to leave few of them, and then builds its hash
        -- tables on the many touches
        left join
            channel_match
            on coalesce(named_touch.source, '') = channel_match.source
            and coalesce(named_touch.medium, '') = channel_match.medium
            and coalesce(named_touch.campaign, '') = channel_match.campaign
            and coalesce(named_touch.touch_type, '') = channel_match.touch_type
            and named_touch.click_key = channel_match.click_id
        left join response_campaign on named_touch.response_touch_id = response_campaign.touch_id
        left join
            {{ ref("int_client_span") }} as client_span
            on case when named_touch.named_person_id is null then named_touch.client_id end = client_span.client_id
            and named_touch.touched_at > client_span.after_at
            and named_touch.touched_at <= client_span.until_at
        left join cookie_person on named_touch.client_id = cookie_person.cookie_id
    )

select *
from final
