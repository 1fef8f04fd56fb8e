"""The CRM's tables as they stood at a moment, in the shape of Salesforce's Data Export: headers, ids, times, flags.

Every function takes what happened and cuts it at the moment; `Rows` carries when each row was last touched, so that a
delivery can take what is new since the one before.
"""

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.sample import vocabulary as v
from ingestion.sample.columns import (
    DAY,
    NEVER,
    Bools,
    Ints,
    blank,
    constant,
    day,
    flag,
    joined,
    number_text,
    salesforce_id,
    stamp,
    words,
)
from ingestion.sample.simulate import (
    HANDED,
    HANDED_2,
    MQL,
    NO_OPPORTUNITY,
    NURTURE,
    READY,
    RECYCLED,
    REJECTED,
    SQL,
    Calls,
    Deals,
    Leads,
    Members,
)
from ingestion.sample.world import World

LEAD, CONTACT, ACCOUNT, DEAL, USER, QUEUE, CAMPAIGN = "00Q", "003", "001", "006", "005", "00G", "701"
FILLERS = ("unknown", "Other", "n/a")


class Rows(NamedTuple):
    """Columns by header, and per row: when it came to be and when it was last touched (at the moment asked for)."""

    columns: dict[str, pa.Array]
    created: Ints
    touched: Ints

    def between(self, after: int, until: int) -> pa.Table:
        keep = pa.array((self.created <= until) & (self.touched > after))
        return pa.table(self.columns).filter(keep)


def contact_number(leads: Leads) -> Ints:
    """The contact a lead became: a joint conversion has one for both."""
    return np.where(leads.converts_to >= 0, leads.number[leads.converts_to], leads.number) * 8


def colleague_number(deals: Deals) -> Ints:
    return deals.number * 8 + 1


def emails(world: World, leads: Leads) -> pa.Array:
    """Well-formed, lower case."""
    domain = world.companies.domain(leads.company)
    person = joined(
        pc.ascii_lower(words(v.FIRST_NAMES, leads.first)),
        pc.ascii_lower(words(v.LAST_NAMES, leads.last)),
        separator=".",
    )
    return joined(pc.if_else(pa.array(leads.is_mailbox), pa.scalar("info"), person), domain, separator="@")


def colleague_names(deals: Deals) -> tuple[Ints, Ints]:
    return (deals.number * 31) % len(v.FIRST_NAMES), (deals.number * 17 + 3) % len(v.LAST_NAMES)


def colleague_emails(world: World, deals: Deals) -> pa.Array:
    first, last = colleague_names(deals)
    name = joined(pc.ascii_lower(words(v.FIRST_NAMES, first)), pc.ascii_lower(words(v.LAST_NAMES, last)), separator=".")
    return joined(name, world.companies.domain(deals.company), separator="@")


def user_id(number: Ints) -> pa.Array:
    """A user; a negative number is the queue of incoming leads."""
    number = np.asarray(number)
    return pc.if_else(
        pa.array(number >= 0), salesforce_id(USER, number + 1), salesforce_id(QUEUE, np.full(len(number), 7))
    )


def _reached(at: Ints, until: int) -> Bools:
    return at <= until


def lead_rows(world: World, leads: Leads, until: int) -> Rows:
    n = len(leads)
    at = np.where(leads.status_at <= until, leads.status_at, -1)
    last = at.shape[1] - 1 - np.argmax(at[:, ::-1], axis=1)
    number = leads.number
    broken = np.where(leads.repaired_at > until, leads.defect, 0)
    blanked = _reached(leads.blanked_at, until)
    merged = _reached(leads.merged_at, until)
    converted = _reached(leads.converted_at, until)
    touches = np.stack(
        [
            leads.handed_at,
            leads.merged_at,
            leads.deleted_at,
            leads.repaired_at,
            leads.blanked_at,
            leads.source_changed_at,
            leads.enriched_at,
        ]
    )
    touched = np.maximum(at.max(axis=1), np.where(touches <= until, touches, -1).max(axis=0))
    no_reach, no_company, no_name = (broken == 1) | blanked, broken == 2, broken == 5
    status = pc.if_else(pa.array(broken == 4), pa.scalar(v.UNKNOWN_STATUS), words(v.STATUSES, last))
    source = words([channel.lead_source for channel in v.CHANNELS], current_source(leads, until))
    filler = words((*FILLERS, ""), np.where(number % 5 == 4, -1, number % 4))
    source = pc.if_else(pa.array(broken == 3), filler, source)
    email = emails(world, leads)
    spelt = pc.if_else(pa.array(number % 9 == 0), pc.utf8_title(email), email)
    digits = number_text(1_000_000 + number % 8_999_999)
    company = leads.company
    owner = owner_at(leads, until)
    is_sql, is_ready = _reached(leads.status_at[:, SQL], until), _reached(leads.status_at[:, READY], until)
    deal = np.where(leads.converts_to >= 0, leads.converts_to, np.arange(n))
    deal_of = deal_number(leads)[deal]
    employees = np.where(
        _reached(leads.enriched_at, until) | (leads.enriched_at == NEVER), world.companies.employees[company], -1
    )
    employees = np.where(number % 29 == 0, -1, employees)
    return Rows(
        {
            "Id": salesforce_id(LEAD, number + 1),
            "IsDeleted": flag(merged | _reached(leads.deleted_at, until)),
            "MasterRecordId": salesforce_id(LEAD, np.where(merged, number[np.maximum(leads.twin_of, 0)] + 1, -1)),
            "FirstName": blank(words(v.FIRST_NAMES, leads.first), ~no_name),
            "LastName": blank(words(v.LAST_NAMES, leads.last), ~no_name),
            "Title": words([persona.value for persona in v.PERSONAS], leads.persona),
            "Company": blank(world.companies.name(company), ~no_company),
            "Country": words([country.value for country in v.COUNTRIES], world.companies.country[company]),
            "Phone": blank(joined("+1 555 ", digits), (number % 3 != 0) & ~no_reach | no_company),
            "MobilePhone": blank(joined("+1 555 ", digits), (number % 11 == 0) & ~no_reach),
            "Email": blank(spelt, ~no_reach & ~no_company),
            "Website": blank(joined("https://www.", world.companies.domain(company)), (number % 4 != 0) & ~no_company),
            "LeadSource": source,
            "Status": status,
            "Industry": words(
                [industry.value for industry in v.INDUSTRIES],
                np.where(number % 37 == 0, -1, world.companies.industry[company]),
            ),
            "CurrencyIsoCode": constant("USD", n),
            "AnnualRevenue": pa.array(world.companies.employees[company] * 180_000, mask=number % 3 == 1),
            "NumberOfEmployees": pa.array(employees, mask=employees < 0),
            "OwnerId": user_id(owner),
            "IsConverted": flag(converted),
            "ConvertedDate": day(np.where(converted, leads.converted_at, NEVER)),
            "ConvertedAccountId": salesforce_id(ACCOUNT, np.where(converted, company + 1, -1)),
            "ConvertedContactId": salesforce_id(CONTACT, np.where(converted, contact_number(leads) + 1, -1)),
            "ConvertedOpportunityId": salesforce_id(DEAL, np.where(converted & (deal_of >= 0), deal_of + 1, -1)),
            "CreatedDate": stamp(leads.created_at),
            "CreatedById": user_id(np.full(n, world.system_user)),
            "LastModifiedDate": stamp(touched),
            "SystemModstamp": stamp(touched),
            "Technology__c": words(
                [technology.value for technology in v.TECHNOLOGIES],
                np.where(number % 6 == 0, -1, world.companies.technology[company]),
            ),
            "Growth_Stage__c": words([stage.value for stage in v.GROWTH_STAGES], world.companies.growth[company]),
            "Trigger_Event__c": words(v.TRIGGERS, leads.trigger),
            "Rejection_Reason__c": words(
                v.REJECTION_REASONS, np.where(_reached(leads.status_at[:, REJECTED], until), leads.rejection, -1)
            ),
            "MQL_Date__c": stamp(np.where(_reached(leads.status_at[:, MQL], until), leads.status_at[:, MQL], NEVER)),
            "Lead_Score__c": pa.array(leads.score),
            "Has_Need__c": flag(is_sql),
            "Has_Budget__c": flag(is_sql),
            "Has_Timeline__c": flag(is_sql & (number % 10 != 0)),
            "Has_Authority__c": flag(is_ready),
            "Budget_Status__c": words(("Approved", "Planned"), np.where(is_ready, (number % 4 == 0).astype(int), -1)),
            "Next_Step_Date__c": day(
                np.where(is_ready & (number % 4 == 0), leads.status_at[:, READY] + 10 * DAY, NEVER)
            ),
            "Product_Interest__c": words(v.PRODUCT_INTERESTS, number % len(v.PRODUCT_INTERESTS)),
            # filled when sales converts the lead: a trap for scoring, which must refuse it
            "Customer_Tier__c": words(v.CUSTOMER_TIERS, np.where(converted, number % len(v.CUSTOMER_TIERS), -1)),
        },
        leads.created_at,
        touched,
    )


def current_source(leads: Leads, until: int) -> Ints:
    return np.where(_reached(leads.source_changed_at, until), (leads.channel + 3) % len(v.CHANNELS), leads.channel)


def owner_at(leads: Leads, until: int) -> Ints:
    owner = np.where(_reached(leads.handed_at, until), leads.owner_first, leads.owner_marketing)
    owner = np.where(_reached(leads.status_at[:, HANDED_2], until), leads.owner_second, owner)
    return np.where(_reached(leads.converted_at, until), leads.owner_executive, owner)


def deal_number(leads: Leads) -> Ints:
    """The opportunity each lead's own conversion opens, -1 for none: deals are numbered in the order of their leads."""
    opens = (leads.outcome != NO_OPPORTUNITY) & (leads.converted_at < NEVER)
    return np.where(opens, 4 * leads.number[0] + np.cumsum(opens) - 1, -1)


def lead_history_rows(world: World, leads: Leads) -> Rows:
    """One row per field change. The actor of a status is its owner; before the handoff, mostly the system."""
    parts: list[tuple[Ints, str, pa.Array, pa.Array, Ints, Ints]] = []
    n = len(leads)

    def add(where: Ints, field: str, old: pa.Array, new: pa.Array, at: Ints, by: Ints) -> None:
        parts.append((where, field, old, new, at, by))

    # Statuses in the order of time: each present one follows the present one before it.
    order = np.argsort(leads.status_at, axis=1, kind="stable")
    times = np.take_along_axis(leads.status_at, order, axis=1)
    system, second = np.full(n, world.system_user), (leads.status_at[:, HANDED_2])
    for place in range(1, times.shape[1]):
        where = np.flatnonzero(times[:, place] < NEVER)
        new, old, at = order[where, place], order[where, place - 1], times[where, place]
        by = np.where(at >= second[where], leads.owner_second[where], leads.owner_first[where])
        early = np.isin(new, (MQL, HANDED)) | (leads.handed_at[where] > at)
        by = np.where(
            early, np.where(leads.owner_marketing[where] >= 0, leads.owner_marketing[where], system[where]), by
        )
        by = np.where(np.isin(new, (RECYCLED, NURTURE)), system[where], by)
        by = np.where(new == HANDED_2, system[where], by)
        add(where, "Status", words(v.STATUSES, old), words(v.STATUSES, new), at, by)
    unknown = np.flatnonzero((leads.defect == 4) & (leads.repaired_at < NEVER))
    add(
        unknown,
        "Status",
        constant(v.UNKNOWN_STATUS, len(unknown)),
        constant("Open", len(unknown)),
        leads.repaired_at[unknown],
        system[unknown],
    )

    def owner_change(where: Ints, old: Ints, new: Ints, at: Ints) -> None:
        add(where, "Owner", user_id(old), user_id(new), at, system[where])

    handed = np.flatnonzero(leads.handed_at < NEVER)
    owner_change(handed, leads.owner_marketing[handed], leads.owner_first[handed], leads.handed_at[handed])
    again = np.flatnonzero((second < NEVER) & (leads.owner_second != leads.owner_first))
    owner_change(again, leads.owner_first[again], leads.owner_second[again], second[again])
    done = np.flatnonzero(leads.converted_at < NEVER)
    before = owner_at(leads, 0)
    before = np.where(leads.handed_at < leads.converted_at, leads.owner_first, before)
    before = np.where(second < leads.converted_at, leads.owner_second, before)
    owner_change(done, before[done], leads.owner_executive[done], leads.converted_at[done])
    add(
        done,
        "leadConverted",
        blank(constant("", len(done)), np.zeros(len(done), bool)),
        blank(constant("", len(done)), np.zeros(len(done), bool)),
        leads.converted_at[done],
        leads.owner_first[done],
    )

    sources = [channel.lead_source for channel in v.CHANNELS]
    moved = np.flatnonzero(leads.source_changed_at < NEVER)
    add(
        moved,
        "LeadSource",
        words(sources, leads.channel[moved]),
        words(sources, (leads.channel[moved] + 3) % len(sources)),
        leads.source_changed_at[moved],
        leads.owner_marketing[moved].clip(0),
    )
    filled = np.flatnonzero((leads.defect == 3) & (leads.repaired_at < NEVER))
    old_filler = words((*FILLERS, ""), np.where(leads.number[filled] % 5 == 4, -1, leads.number[filled] % 4))
    add(
        filled,
        "LeadSource",
        old_filler,
        words(sources, leads.channel[filled]),
        leads.repaired_at[filled],
        leads.owner_marketing[filled].clip(0),
    )
    enriched = np.flatnonzero((leads.enriched_at < NEVER) & (leads.number % 29 != 0))
    add(
        enriched,
        "NumberOfEmployees",
        blank(constant("", len(enriched)), np.zeros(len(enriched), bool)),
        number_text(world.companies.employees[leads.company[enriched]]),
        leads.enriched_at[enriched],
        system[enriched],
    )
    refused = np.flatnonzero((leads.status_at[:, REJECTED] < NEVER) & (leads.rejection >= 0))
    add(
        refused,
        "Rejection_Reason__c",
        blank(constant("", len(refused)), np.zeros(len(refused), bool)),
        words(v.REJECTION_REASONS, leads.rejection[refused]),
        leads.status_at[refused, REJECTED],
        leads.owner_first[refused],
    )
    for field, stage, skip in (
        ("Has_Need__c", SQL, 0),
        ("Has_Budget__c", SQL, 0),
        ("Has_Timeline__c", SQL, 10),
        ("Has_Authority__c", READY, 0),
    ):
        known = leads.status_at[:, stage] < NEVER
        where = np.flatnonzero(known & (leads.number % skip != 0) if skip else known)
        add(
            where,
            field,
            constant("false", len(where)),
            constant("true", len(where)),
            leads.status_at[where, stage],
            leads.owner_first[where],
        )

    lead = np.concatenate([part[0] for part in parts])
    at = np.concatenate([part[4] for part in parts])
    number = leads.number[0] * 32 + np.arange(len(lead))
    fields = pa.concat_arrays([constant(part[1], len(part[0])) for part in parts])
    gone = np.minimum(leads.merged_at, leads.deleted_at)[lead]
    columns = {
        "Id": salesforce_id("017", number + 1),
        "IsDeleted": flag(np.zeros(len(lead), bool)),
        "LeadId": salesforce_id(LEAD, leads.number[lead] + 1),
        "CreatedById": user_id(np.concatenate([part[5] for part in parts]).clip(0)),
        "CreatedDate": stamp(at),
        "Field": fields,
        "OldValue": pa.concat_arrays([part[2] for part in parts]),
        "NewValue": pa.concat_arrays([part[3] for part in parts]),
    }
    at = np.where(at <= gone, at, NEVER)
    return Rows(columns, at, at)


def contact_rows(world: World, leads: Leads, deals: Deals) -> Rows:
    own = np.flatnonzero((leads.converted_at < NEVER) & (leads.converts_to < 0))
    extra = np.flatnonzero(deals.colleague)
    first, last = colleague_names(deals)
    number = np.concatenate([contact_number(leads)[own], colleague_number(deals)[extra]])
    company = np.concatenate([leads.company[own], deals.company[extra]])
    opened = deals.stage_at[:, 0]
    created = np.concatenate([leads.converted_at[own], opened[extra]])
    persona = np.concatenate([leads.persona[own], deals.number[extra] % 7])
    columns = {
        "Id": salesforce_id(CONTACT, number + 1),
        "IsDeleted": flag(np.zeros(len(number), bool)),
        "MasterRecordId": salesforce_id(CONTACT, np.full(len(number), -1)),
        "AccountId": salesforce_id(ACCOUNT, company + 1),
        "FirstName": words(v.FIRST_NAMES, np.concatenate([leads.first[own], first[extra]])),
        "LastName": words(v.LAST_NAMES, np.concatenate([leads.last[own], last[extra]])),
        "Email": pa.concat_arrays(
            [emails(world, leads).take(pa.array(own)), colleague_emails(world, deals).take(pa.array(extra))]
        ),
        "Title": words([choice.value for choice in v.PERSONAS], persona),
        "LeadSource": words(
            [channel.lead_source for channel in v.CHANNELS],
            np.concatenate([leads.channel[own], np.full(len(extra), -1)]),
        ),
        "OwnerId": user_id(np.concatenate([leads.owner_executive[own], deals.owner[extra]])),
        "CreatedDate": stamp(created),
        "LastModifiedDate": stamp(created),
        "SystemModstamp": stamp(created),
    }
    return Rows(columns, created, created)


def account_rows(world: World, index: Ints, since: Ints) -> Rows:
    companies = world.companies
    owner = world.marketers + world.sellers + index % world.executives
    columns = {
        "Id": salesforce_id(ACCOUNT, index + 1),
        "IsDeleted": flag(np.zeros(len(index), bool)),
        "MasterRecordId": salesforce_id(ACCOUNT, np.full(len(index), -1)),
        "Name": companies.name(index),
        "BillingCountry": words([country.value for country in v.COUNTRIES], companies.country[index]),
        "Website": joined("https://www.", companies.domain(index)),
        "Industry": words([industry.value for industry in v.INDUSTRIES], companies.industry[index]),
        "AnnualRevenue": pa.array(companies.employees[index] * 180_000),
        "NumberOfEmployees": pa.array(companies.employees[index]),
        "OwnerId": user_id(owner),
        "CreatedDate": stamp(since),
        "LastModifiedDate": stamp(since),
        "SystemModstamp": stamp(since),
        "Technology__c": words([technology.value for technology in v.TECHNOLOGIES], companies.technology[index]),
        "Growth_Stage__c": words([stage.value for stage in v.GROWTH_STAGES], companies.growth[index]),
    }
    return Rows(columns, since, since)


def _stage_names(deals: Deals, position: Ints, row: Ints) -> pa.Array:
    won = np.where(position == 5, deals.first_close_won[row], deals.won[row])
    names = (*v.OPPORTUNITY_STAGES[:5], "Closed Lost", v.OPPORTUNITY_STAGES[6], "Closed Lost", "Closed Won")
    return words(names, np.where(np.isin(position, (5, 7)) & won, 8, position))


def _currency(world: World, company: Ints) -> pa.Array:
    by_country = [v.CURRENCY_BY_COUNTRY.get(country.value, "USD") for country in v.COUNTRIES]
    return words(by_country, world.companies.country[company])


def _amount_at(deals: Deals, row: Ints, at: Ints | int) -> np.ndarray:
    return np.where(
        deals.amount_changed_at[row] <= at,
        deals.amount[row],
        np.where(deals.amount_changed_at[row] < NEVER, deals.amount_before[row], deals.amount[row]),
    )


def _position_at(deals: Deals, until: int) -> Ints:
    at = np.where(deals.stage_at <= until, deals.stage_at, -1)
    return at.shape[1] - 1 - np.argmax(at[:, ::-1], axis=1)


def deal_rows(world: World, leads: Leads, deals: Deals, until: int) -> Rows:
    n = len(deals)
    row = np.arange(n)
    position = _position_at(deals, until)
    is_closed = np.isin(position, (5, 7))
    is_won = is_closed & np.where(position == 7, deals.won, deals.first_close_won)
    at = np.where(deals.stage_at <= until, deals.stage_at, -1)
    touched = np.maximum(at.max(axis=1), np.where(deals.amount_changed_at <= until, deals.amount_changed_at, -1))
    deleted = _reached(deals.deleted_at, until)
    touched = np.where(deleted, np.maximum(touched, deals.deleted_at), touched)
    close = np.where(is_closed, at[row, position], deals.stage_at[:, 0] + 75 * DAY)
    has_lead = deals.lead >= 0
    lead = np.maximum(deals.lead, 0)
    amount = _amount_at(deals, row, until)
    lost = is_closed & ~is_won
    source = words(
        [channel.lead_source for channel in v.CHANNELS], np.where(has_lead, current_source(leads, until)[lead], -1)
    )
    company = world.companies.name(deals.company)
    columns = {
        "Id": salesforce_id(DEAL, deals.number + 1),
        "IsDeleted": flag(deleted),
        "AccountId": salesforce_id(ACCOUNT, deals.company + 1),
        "Name": joined(company, words(("New Business", "Expansion", "Renewal"), deals.type), separator=" - "),
        "StageName": _stage_names(deals, position, row),
        "Amount": pa.array(amount, mask=~deals.has_amount),
        "CloseDate": day(close),
        "Type": words(("New Customer", "Existing Customer - Upgrade", "Renewal"), deals.type),
        "LeadSource": source,
        "IsClosed": flag(is_closed),
        "IsWon": flag(is_won),
        "CurrencyIsoCode": _currency(world, deals.company),
        "CampaignId": salesforce_id(CAMPAIGN, np.where(deals.campaign >= 0, deals.campaign + 1, -1)),
        "OwnerId": user_id(deals.owner),
        "CreatedDate": stamp(deals.stage_at[:, 0]),
        "LastModifiedDate": stamp(touched),
        "SystemModstamp": stamp(touched),
        "ContactId": salesforce_id(
            CONTACT,
            np.where(
                has_lead, contact_number(leads)[lead] + 1, np.where(deals.colleague, colleague_number(deals) + 1, -1)
            ),
        ),
        "Loss_Reason__c": words(v.LOSS_REASONS, np.where(lost, deals.loss_reason, -1)),
        "Competitor__c": words(v.COMPETITORS, np.where(is_closed, deals.competitor, -1)),
    }
    return Rows(columns, deals.stage_at[:, 0], touched)


def deal_history_rows(world: World, deals: Deals) -> Rows:
    row, position = np.nonzero(deals.stage_at < NEVER)
    at = deals.stage_at[row, position]
    changed = np.flatnonzero(deals.amount_changed_at < NEVER)
    change_at = deals.amount_changed_at[changed]
    reached = np.where(deals.stage_at[changed] <= change_at[:, None], deals.stage_at[changed], -1)
    change_position = reached.shape[1] - 1 - np.argmax(reached[:, ::-1], axis=1)
    row, position, at = (
        np.concatenate([row, changed]),
        np.concatenate([position, change_position]),
        np.concatenate([at, change_at]),
    )
    expected = np.where(np.isin(position, (5, 7)), at, deals.stage_at[row, 0] + 75 * DAY)
    columns = {
        "Id": salesforce_id("008", deals.number[0] * 16 + np.arange(len(row)) + 1),
        "OpportunityId": salesforce_id(DEAL, deals.number[row] + 1),
        "CreatedById": user_id(deals.owner[row]),
        "CreatedDate": stamp(at),
        "StageName": _stage_names(deals, position, row),
        "Amount": pa.array(_amount_at(deals, row, at), mask=~deals.has_amount[row]),
        "CloseDate": day(expected),
        "CurrencyIsoCode": _currency(world, deals.company[row]),
        "SystemModstamp": stamp(at),
        "IsDeleted": flag(np.zeros(len(row), bool)),
    }
    at = np.where(at <= deals.deleted_at[row], at, NEVER)
    return Rows(columns, at, at)


def contact_role_rows(leads: Leads, deals: Deals) -> Rows:
    with_lead, extra = np.flatnonzero(deals.lead >= 0), np.flatnonzero(deals.colleague)
    deal = np.concatenate([with_lead, extra])
    contact = np.concatenate([contact_number(leads)[deals.lead[with_lead]], colleague_number(deals)[extra]])
    at = deals.stage_at[deal, 0]
    columns = {
        "Id": salesforce_id(
            "00K",
            deals.number[deal] * 2 + np.concatenate([np.zeros(len(with_lead), int), np.ones(len(extra), int)]) + 1,
        ),
        "OpportunityId": salesforce_id(DEAL, deals.number[deal] + 1),
        "ContactId": salesforce_id(CONTACT, contact + 1),
        "Role": words(
            ("Decision Maker", "Influencer"), np.concatenate([np.zeros(len(with_lead), int), np.ones(len(extra), int)])
        ),
        "CreatedDate": stamp(at),
        "LastModifiedDate": stamp(at),
        "SystemModstamp": stamp(at),
        "IsDeleted": flag(np.zeros(len(deal), bool)),
    }
    return Rows(columns, at, at)


def member_rows(world: World, leads: Leads, members: Members) -> Rows:
    lead = members.lead
    created = np.maximum(members.at, leads.created_at[lead])
    as_contact = leads.converted_at[lead] <= created
    statuses = sorted({"Sent", *(campaign.responded_status for campaign in world.campaigns)})
    answer = np.array([statuses.index(campaign.responded_status) for campaign in world.campaigns])[members.campaign]
    columns = {
        "Id": salesforce_id("00v", leads.number[0] * 16 + np.arange(len(lead)) + 1),
        "IsDeleted": flag(np.zeros(len(lead), bool)),
        "CampaignId": salesforce_id(CAMPAIGN, members.campaign + 1),
        "LeadId": salesforce_id(LEAD, np.where(as_contact, -1, leads.number[lead] + 1)),
        "ContactId": salesforce_id(CONTACT, np.where(as_contact, contact_number(leads)[lead] + 1, -1)),
        "Status": words(statuses, np.where(members.responded, answer, statuses.index("Sent"))),
        "HasResponded": flag(members.responded),
        "CreatedDate": stamp(created),
        "LastModifiedDate": stamp(created),
        "SystemModstamp": stamp(created),
        "FirstRespondedDate": day(np.where(members.responded, members.at, NEVER)),
    }
    gone = np.minimum(leads.merged_at, leads.deleted_at)[lead]
    seen = np.where((created <= gone) & (members.at <= created), created, NEVER)
    return Rows(columns, seen, seen)


def call_rows(world: World, leads: Leads, calls: Calls, *, meetings: bool) -> Rows:
    """Tasks, or meetings as events."""
    keep = np.flatnonzero((calls.kind == 4) == meetings)
    lead, at, kind = calls.lead[keep], calls.at[keep], calls.kind[keep]
    after = leads.converted_at[lead] <= at
    who = pc.if_else(
        pa.array(after),
        salesforce_id(CONTACT, contact_number(leads)[lead] + 1),
        salesforce_id(LEAD, leads.number[lead] + 1),
    )
    joint = np.where(leads.converts_to >= 0, leads.converts_to, np.arange(len(leads)))
    deal = deal_number(leads)[joint][lead]
    gone = np.minimum(leads.merged_at, leads.deleted_at)[lead]
    seen = np.where(at <= gone, at, NEVER)
    common = {
        "Id": salesforce_id("00U" if meetings else "00T", leads.number[0] * 64 + keep + 1),
        "WhoId": who,
        "WhatId": salesforce_id(DEAL, np.where(after & (deal >= 0), deal + 1, -1)),
        "OwnerId": user_id(calls.owner[keep]),
        "IsDeleted": flag(np.zeros(len(keep), bool)),
        "CreatedDate": stamp(at),
        "LastModifiedDate": stamp(at),
        "SystemModstamp": stamp(at),
    }
    if meetings:
        own = {
            "Subject": constant("Discovery meeting", len(keep)),
            "ActivityDateTime": stamp(at),
            "ActivityDate": day(at),
            "DurationInMinutes": pa.array(np.full(len(keep), 30)),
            "Type": constant("Meeting", len(keep)),
        }
    else:
        is_open, is_call = kind == 3, np.isin(kind, (0, 2))
        own = {
            "Subject": words(("Call", "Email: following up", "Call from prospect", "To do: call", ""), kind),
            "ActivityDate": day(at),
            "Status": words(("Completed", "Not Started"), is_open.astype(int)),
            "IsClosed": flag(~is_open),
            "Type": words(("Email", "Call"), (is_call | is_open).astype(int)),
            "CallType": words(("Outbound", "Inbound"), np.where(is_call, (kind == 2).astype(int), -1)),
            "CallDisposition": words(
                ("Connected", "Left voicemail", "No answer"), np.where(is_call, (keep % 5).clip(0, 2), -1)
            ),
            "CompletedDateTime": stamp(np.where(is_open, NEVER, at)),
        }
    return Rows(common | own, seen, seen)


def campaign_rows(world: World, until: int) -> Rows:
    first = np.array([campaign.first for campaign in world.campaigns])
    last = np.array([campaign.last for campaign in world.campaigns])
    cost = np.array([campaign.cost for campaign in world.campaigns])
    index = np.arange(len(world.campaigns))
    names = [campaign.name for campaign in world.campaigns]
    created = np.minimum(first - 40 * DAY, world.start - DAY)
    touched = np.where(first <= until, first, created)
    columns = {
        "Id": salesforce_id(CAMPAIGN, index + 1),
        "IsDeleted": flag(np.zeros(len(index), bool)),
        "Name": pa.array(names),
        "ParentId": salesforce_id(CAMPAIGN, np.full(len(index), -1)),
        "Type": pa.array([campaign.type for campaign in world.campaigns]),
        "Status": words(("Planned", "In Progress", "Completed"), (first <= until).astype(int) + (last <= until)),
        "StartDate": day(first),
        "EndDate": day(last),
        "CurrencyIsoCode": constant("USD", len(index)),
        "BudgetedCost": pa.array(cost * 1.1, mask=cost == 0),
        "ActualCost": pa.array(cost.astype(float), mask=(cost == 0) | (first > until)),
        "IsActive": flag((first <= until) & (last > until)),
        "OwnerId": user_id(index % world.marketers),
        "CreatedDate": stamp(created),
        "LastModifiedDate": stamp(touched),
        "SystemModstamp": stamp(touched),
    }
    return Rows(columns, created, touched)


def user_rows(world: World) -> Rows:
    index = np.arange(world.users)
    department = np.select(
        [
            index < world.marketers,
            index < world.marketers + world.sellers,
            index < world.marketers + world.sellers + world.executives,
            index == world.system_user,
        ],
        [np.where(index % 3 == 0, 1, 0), 2, np.where(index % 2 == 0, 3, 4), 5],
        2,
    )
    is_system, has_left = index == world.system_user, index == world.users - 1
    first, last = (
        words(v.FIRST_NAMES, (index * 7 + 2) % len(v.FIRST_NAMES)),
        words(v.LAST_NAMES, (index * 5 + 1) % len(v.LAST_NAMES)),
    )
    first = pc.if_else(pa.array(is_system), pa.scalar("Integration"), first)
    last = pc.if_else(pa.array(is_system), pa.scalar("User"), last)
    email = joined(pc.ascii_lower(first), ".", pc.ascii_lower(last), number_text(index), "@handoff.example")
    created = np.full(len(index), world.start - 400 * DAY)
    columns = {
        "Id": salesforce_id(USER, index + 1),
        "Username": email,
        "FirstName": first,
        "LastName": last,
        "Department": words(v.DEPARTMENTS, department),
        "Email": email,
        "IsActive": flag(~has_left),
        "UserType": words(("Standard", "AutomatedProcess"), is_system.astype(int)),
        "CreatedDate": stamp(created),
        "LastModifiedDate": stamp(created),
        "SystemModstamp": stamp(created),
    }
    return Rows(columns, created, created)
