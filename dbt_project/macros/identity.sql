{% macro system_rank(source_system) -%}
    {#- Where a source stands in the setting system_priority; the ones it does not name come after, by name. -#}
    case
        when strpos('|' || lower({{ setting("system_priority") }}) || '|', '|' || {{ source_system }} || '|') > 0
        then strpos('|' || lower({{ setting("system_priority") }}) || '|', '|' || {{ source_system }} || '|')
        else 1000000
    end
{%- endmacro %}

{% macro email_domain(email) -%} nullif(split_part({{ email }}, '@', 2), '') {%- endmacro %}

{% macro web_domain(website) -%}
    {#- acme.com of https://www.acme.com:443/about?x=1, in lower case; null where nothing like a host is left. -#}
    nullif(regexp_extract(lower(trim({{ website }})), '^(?:[a-z]+://)?(?:www[.])?([^/:?# @]+[.][^/:?# @]+)', 1), '')
{%- endmacro %}

{% macro is_free_domain(domain) -%}
    {{ domain }} in (
        select lower({{ cell("free_domain.domain") }})
        from {{ ref("free_email_domains") }} as free_domain
        where {{ cell("free_domain.domain") }} is not null
    )
{%- endmacro %}

{% macro component_labels(memberships, rounds=10) -%}
    {#- CTEs that give every node a label that is its connected component's: `component_label(node, label)`.
        `memberships` is a relation of (node, key), texts; nodes that share a key are joined. Each round takes, for a
        component found so far, the smallest label among its keys' members, then follows labels (pointer jumping). The
        labels are hashes: along a chain, in whatever order its nodes are numbered, about every third is smaller than
        its neighbours and takes them in, so n links are closed after about log3(n) rounds (by their numbers only three
        would go each round). What is closed takes no part in the next. No recursion, one plan, the same on every
        engine. -#}
    shared_key as (select key from {{ memberships }} group by key having count(*) > 1),

    edge_0 as (
        select member.node, member.key, md5(member.node) as label
        from {{ memberships }} as member
        inner join shared_key on member.key = shared_key.key
    ),

    {% for i in range(rounds) %}
        key_{{ i }} as (select key, min(label) as smallest, max(label) as largest from edge_{{ i }} group by key),

        root_{{ i }} as (
            select
                edge_{{ i }}.label,
                min(key_{{ i }}.smallest) as next_label,
                max(case when key_{{ i }}.smallest <> key_{{ i }}.largest then 1 else 0 end) = 1 as is_open
            from edge_{{ i }}
            inner join key_{{ i }} on edge_{{ i }}.key = key_{{ i }}.key
            group by edge_{{ i }}.label
        ),

        jump_{{ i }} as (
            select root_{{ i }}.label, third.next_label
            from root_{{ i }}
            inner join root_{{ i }} as second on root_{{ i }}.next_label = second.label
            inner join root_{{ i }} as third on second.next_label = third.label
            where root_{{ i }}.is_open
        ),

        edge_{{ i + 1 }} as (
            select edge_{{ i }}.node, edge_{{ i }}.key, jump_{{ i }}.next_label as label
            from edge_{{ i }}
            inner join jump_{{ i }} on edge_{{ i }}.label = jump_{{ i }}.label
        ),
    {% endfor %}

    component_label as (
        {% for i in range(rounds) %}
            select edge_{{ i }}.node, edge_{{ i }}.label
            from edge_{{ i }}
            inner join root_{{ i }} on edge_{{ i }}.label = root_{{ i }}.label
            where not root_{{ i }}.is_open
            union
        {% endfor %}
        select node, label
        from edge_{{ rounds }}
    )
{%- endmacro %}
