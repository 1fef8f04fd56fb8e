-- Grain: one row per touch, marketing or not, with its person, channel and campaign.
-- A session belongs to the person of its user id; one without, to the person of the next identified session of the
-- same client id, else of the last before, else of the lead that carries the client id as its cookie. It is decided
-- session by session, so a shared browser never makes two people one. Null person: never identified.
-- Touches recorded on a deleted lead or contact are left out (a session stays, without person); those of merged-away
-- records belong to the survivor.
with
    touch_record as (select * from {{ ref("int_touch_record") }}),

    person_record as (select * from {{ ref("int_person_record") }}),

    person_email as (
        -- an address that stands for several people names none of them
        select email, min(person_id) as person_id
        from {{ ref("int_person_email") }}
        group by email
        having count(distinct person_id) = 1
    ),

    channel_match as (select * from {{ ref("int_channel_match") }}),

    -- a response knows its campaign; an ads campaign of that name still comes first
    response_campaign as (
        select response.response_id, campaign.campaign_id
        from {{ ref("int_campaign_response") }} as response
        inner join {{ ref("int_campaign") }} as campaign on response.campaign_record_id = campaign.campaign_id
    ),

    channel_condition as (select * from {{ ref("stg_definitions__channels") }}),

    delivered_record as (
        select record_id
        from {{ ref("int_lead_record") }}
        union
        select record_id
        from {{ ref("int_contact_record") }}
    ),

    removed_record as (
        select delivered_record.record_id
        from delivered_record
        left join person_record on delivered_record.record_id = person_record.record_id
        where person_record.record_id is null
    ),

    -- what a site may send as user id: an e-mail, a record's id with or without its system, 15 characters of 18
    identifier as (
        select email as identifier, person_id, 0 as precedence, '' as source_system
        from person_email
        union all
        select record_id as identifier, person_id, 1 as precedence, '' as source_system
        from person_record
        union all
        select
            {{ native_id_of("record_id") }} as identifier,
            person_id,
            1 + {{ system_rank("left(record_id, " ~ dbt.position("':'", "record_id") ~ " - 1)") }} as precedence,
            left(record_id, {{ dbt.position("':'", "record_id") }} - 1) as source_system
        from person_record
        union all
        select
            left({{ native_id_of("record_id") }}, 15) as identifier,
            person_id,
            1 + {{ system_rank("'salesforce'") }} as precedence,
            'salesforce' as source_system
        from person_record
        where record_id like 'salesforce:%' and length(record_id) = length('salesforce:') + 18
    ),

    user_person as (
        select identifier, person_id
        from identifier
        qualify row_number() over (partition by identifier order by precedence, source_system, person_id) = 1
    ),

    cookie_person as (
        select lead_record.cookie_id, min(person_record.person_id) as person_id
        from {{ ref("int_lead_record") }} as lead_record
        inner join person_record on lead_record.record_id = person_record.record_id
        where lead_record.cookie_id is not null
        group by lead_record.cookie_id
        having count(distinct person_record.person_id) = 1
    ),

    named_touch as (
        select
            touch_record.*,
            nullif(trim(touch_record.user_id), '') as user_key,
            case
                when (select count(*) from channel_condition where field = 'click_id') > 0
                then coalesce(touch_record.click_id, '')
                else ''
            end as click_key,
            coalesce(by_record.person_id, by_user.person_id, by_email.person_id) as named_person_id
        from touch_record
        left join person_record as by_record on touch_record.person_record_id = by_record.record_id
        left join
            user_person as by_user
            on case
                when touch_record.user_id like '%@%'
                then lower(trim(touch_record.user_id))
                else trim(touch_record.user_id)
            end
            = by_user.identifier
        left join person_email as by_email on lower(trim(touch_record.email)) = by_email.email
        left join
            removed_record
            on case when touch_record.touch_type <> 'web_session' then touch_record.person_record_id end
            = removed_record.record_id
        where removed_record.record_id is null
    ),

    identified_touch as (
        select
            client_id,
            touched_at,
            named_person_id as person_id,
            lag(touched_at) over (partition by client_id order by touched_at, touch_id) as previous_at,
            lead(touched_at) over (partition by client_id order by touched_at, touch_id) as next_at
        from named_touch
        where client_id is not null and named_person_id is not null
    ),

    -- whose a client is, from just after one identified touch up to the next; the last one keeps what follows
    client_span as (
        select
            client_id,
            person_id,
            coalesce(previous_at, timestamp '0001-01-01 00:00:00') as after_at,
            touched_at as until_at
        from identified_touch
        union all
        select client_id, person_id, touched_at as after_at, timestamp '9999-12-31 00:00:00' as until_at
        from identified_touch
        where next_at is null
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
            named_touch.click_id,
            named_touch.landing_page
        from named_touch
        inner join
            channel_match
            on coalesce(named_touch.source, '') = channel_match.source
            and coalesce(named_touch.medium, '') = channel_match.medium
            and coalesce(named_touch.campaign, '') = channel_match.campaign
            and coalesce(named_touch.touch_type, '') = channel_match.touch_type
            and named_touch.click_key = channel_match.click_id
        left join response_campaign on named_touch.touch_id = response_campaign.response_id
        left join
            client_span
            on case when named_touch.named_person_id is null then named_touch.client_id end = client_span.client_id
            and named_touch.touched_at > client_span.after_at
            and named_touch.touched_at <= client_span.until_at
        left join cookie_person on named_touch.client_id = cookie_person.cookie_id
    )

select *
from final
