"""The life of the leads created in one stretch of days: who they are, what they do, what becomes of them.

Everything is simulated to its end, past the run's now; `salesforce` and `web` cut it at the moment of a delivery.
No files and no vendor names here.
"""

from dataclasses import dataclass

import numpy as np

from ingestion.sample import vocabulary as v
from ingestion.sample.columns import DAY, NEVER, Bools, Ints
from ingestion.sample.world import CONFERENCE_EVERY, NEWSLETTER_EVERY, WEBINAR_EVERY, World, effects, shares

HOUR = 3600
# Positions of the lead's statuses in time, as in vocabulary.STATUSES.
OPEN, MQL, HANDED, WORKING, REJECTED, NURTURE, HANDED_2, WORKING_2, ACCEPTED, SQL, READY, CONVERTED, RECYCLED = range(
    13
)
WEBINAR, TRADE_SHOW, PARTNER, OUTBOUND = 6, 7, 8, 9
NO_OPPORTUNITY, LOST, WON = 0, 1, 2


@dataclass(frozen=True)
class Leads:
    """One entry per lead. Times are UTC seconds, NEVER where it does not happen; other values index the vocabulary."""

    number: Ints
    company: Ints
    first: Ints
    last: Ints
    persona: Ints
    channel: Ints
    campaign: Ints
    twin_of: Ints  # position in the chunk of the same person's earlier lead, -1 if none
    merged_at: Ints
    deleted_at: Ints
    status_at: Ints  # leads x statuses
    handed_at: Ints  # the handoff, also where no status says so
    is_handed: Bools
    responded_at: Ints
    owner_marketing: Ints
    owner_first: Ints
    owner_second: Ints
    owner_executive: Ints
    rejection: Ints
    outcome: Ints
    trigger: Ints
    defect: Ints  # 0 none, 1 no e-mail and no phone, 2 no company, 3 filler source, 4 unknown status, 5 no name
    repaired_at: Ints
    blanked_at: Ints
    source_changed_at: Ints
    enriched_at: Ints
    is_mailbox: Bools
    score: Ints
    converts_to: Ints  # position in the chunk of the lead whose opportunity this one joins
    features: dict[str, Ints]
    logit: np.ndarray

    def __len__(self) -> int:
        return len(self.number)

    @property
    def created_at(self) -> Ints:
        return self.status_at[:, OPEN]

    @property
    def converted_at(self) -> Ints:
        return self.status_at[:, CONVERTED]


@dataclass(frozen=True)
class Sessions:
    """One entry per web session. `lead` is the position in the chunk, -1 for visitors who never say who they are."""

    lead: Ints
    number: Ints
    at: Ints
    source: Ints  # index into WEB_SOURCES
    campaign: Ints  # index into the world's campaigns, -1 for none
    content: Ints
    page: Ints
    device: Ints
    identity: Ints  # 0 none, 1 e-mail, 2 CRM id


@dataclass(frozen=True)
class Members:
    """One entry per campaign member."""

    lead: Ints
    at: Ints
    campaign: Ints
    responded: Bools


@dataclass(frozen=True)
class Deals:
    """One entry per opportunity. `lead` is -1 for deals without one."""

    number: Ints
    lead: Ints
    company: Ints
    type: Ints  # 0 new, 1 expansion, 2 renewal
    stage_at: Ints  # deals x OPPORTUNITY_STAGES
    first_close_won: Bools
    won: Bools
    amount: np.ndarray
    amount_changed_at: Ints
    amount_before: np.ndarray
    has_amount: Bools
    owner: Ints
    campaign: Ints
    loss_reason: Ints
    competitor: Ints
    colleague: Bools
    deleted_at: Ints

    def __len__(self) -> int:
        return len(self.number)


@dataclass(frozen=True)
class Calls:
    """One entry per task or meeting with a lead."""

    lead: Ints
    at: Ints
    kind: Ints  # 0 outbound call, 1 e-mail, 2 inbound call, 3 open task, 4 meeting
    owner: Ints


@dataclass(frozen=True)
class Chunk:
    leads: Leads
    sessions: Sessions
    members: Members
    deals: Deals
    calls: Calls


WEB_SOURCES = (
    *((channel.source, channel.medium) for channel in v.CHANNELS),
    ("bing", "organic"),
    ("linkedin.com", "social"),
)
DIRECT, ORGANIC, EMAIL, BING, SOCIAL = 5, 2, 4, 10, 11


def creation_days(world: World) -> Ints:
    """The day of every lead's creation, in order: growing slowly, few on weekends."""
    rng = np.random.default_rng([world.seed, 2_000_000])
    days = (world.end - world.start) // DAY
    position = np.arange(days)
    weekday = (world.start // DAY + position + 3) % 7
    weight = (1 + 0.6 * position / days) * np.where(weekday >= 5, 0.25, 1.0)
    return np.repeat(position, rng.multinomial(world.leads, weight / weight.sum()))


def _office_time(rng: np.random.Generator, at: Ints) -> Ints:
    """Moved to the next weekday, 8 to 18 o'clock UTC, where it falls outside."""
    second = at % DAY
    moved = np.where(second < 8 * HOUR, at - second + 8 * HOUR, at)
    moved = np.where(second > 18 * HOUR, at - second + DAY + 8 * HOUR, moved)
    weekday = (moved // DAY + 3) % 7
    late = weekday >= 5
    moved = np.where(late, (moved // DAY + 7 - weekday) * DAY + 8 * HOUR, moved)
    return np.where(moved != at, moved + rng.integers(0, 2 * HOUR, len(at)), at)


def _after(rng: np.random.Generator, at: Ints, median_hours: float, spread: float) -> Ints:
    delay = np.exp(np.log(median_hours * HOUR) + spread * rng.standard_normal(len(at)))
    return at + np.maximum(delay.astype(np.int64), 60)


def _sigmoid(value: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-value))


def _effect(steps: tuple[float, ...], count: Ints) -> np.ndarray:
    return np.array(steps)[np.minimum(count, len(steps) - 1)]


def _counts(owner: Ints, keep: Bools, size: int) -> Ints:
    return np.bincount(owner[keep], minlength=size)


def simulate(world: World, chunk: int, days: Ints, first_number: int) -> Chunk:
    """The chunk of leads created on these days."""
    rng = np.random.default_rng([world.seed, chunk])
    n = len(days)
    created = world.start + days * DAY + (rng.beta(3.2, 3.2, n) * DAY * 0.75 + 5.5 * HOUR).astype(np.int64)
    order = np.argsort(created, kind="stable")
    created = created[order]
    company = (len(world.companies) * rng.random(n) ** 1.4).astype(np.int64)
    first, last = rng.integers(len(v.FIRST_NAMES), size=n), rng.integers(len(v.LAST_NAMES), size=n)
    persona = rng.choice(len(v.PERSONAS), n, p=shares(v.PERSONAS))
    channel = rng.choice(len(v.CHANNELS), n, p=shares(v.CHANNELS))

    # The same person a second time: within the chunk, some weeks later.
    twin_of = np.where(rng.random(n) < 0.03, np.arange(n) - rng.integers(1, 1 + min(400, max(n // 10, 1)), n), -1)
    twin_of = np.where((twin_of >= 0) & (twin_of[np.maximum(twin_of, 0)] < 0), twin_of, -1)
    is_twin = twin_of >= 0
    for values in (company, first, last, persona):
        values[is_twin] = values[twin_of[is_twin]]
    industry, size = world.companies.industry[company], world.companies.size[company]

    mql_at = _after(rng, created, 80, 1.1)
    handed_at = _office_time(rng, _after(rng, mql_at, 9, 0.9))

    drive = rng.standard_normal(n)
    sessions = _sessions(rng, world, created, channel, drive, chunk)
    members = _members(rng, world, created, channel, drive)
    pricing = _counts(
        sessions.lead,
        (sessions.page == v.PRICING_PAGE)
        & (sessions.at <= handed_at[sessions.lead])
        & (sessions.at > handed_at[sessions.lead] - 30 * DAY)
        & (sessions.lead >= 0),
        n,
    )
    types = np.array([campaign.type for campaign in world.campaigns])
    member_type = types[members.campaign]
    # A response is known by its day: it counts from the start of that day.
    window = (
        members.responded
        & (members.at // DAY * DAY <= handed_at[members.lead])
        & (members.at // DAY * DAY > handed_at[members.lead] - 60 * DAY)
    )
    forms = _counts(members.lead, window & np.isin(member_type, ("Content Download", "Demo Request")), n)
    events = _counts(members.lead, window & np.isin(member_type, ("Webinar", "Conference")), n)
    logit = (
        v.INTERCEPT
        + np.array([item.effect for item in v.CHANNELS])[channel]
        + effects(v.INDUSTRIES)[industry]
        + effects(v.SIZES)[size]
        + effects(v.PERSONAS)[persona]
        + effects(v.TECHNOLOGIES)[world.companies.technology[company]]
        + _effect(v.PRICING_VISITS_30D, pricing)
        + _effect(v.FORM_FILLS_60D, forms)
        + _effect(v.EVENT_ATTENDANCES_60D, events)
    )

    status_at = np.full((n, len(v.STATUSES)), NEVER, dtype=np.int64)
    status_at[:, OPEN] = created
    fit = effects(v.SIZES)[size] + effects(v.PERSONAS)[persona]
    is_handed = rng.random(n) < _sigmoid(0.25 + 0.5 * (pricing > 0) + 0.6 * (forms + events > 0) + 0.5 * fit)
    is_mql = is_handed | (rng.random(n) < 0.3)
    status_at[:, MQL] = np.where(is_mql, mql_at, NEVER)
    has_status = rng.random(n) > 0.02
    status_at[:, HANDED] = np.where(is_handed & has_status, handed_at, NEVER)

    # Response: mostly within the day, sometimes late, sometimes never.
    draw = rng.random(n)
    responded = np.where(draw < 0.75, _after(rng, handed_at, 5, 1.0), _after(rng, handed_at, 40, 0.7))
    responded = _office_time(rng, responded)
    is_won = is_handed & (rng.random(n) < _sigmoid(logit))
    is_lost = is_handed & ~is_won & (rng.random(n) < 0.93 * _sigmoid(logit + 1.2))
    fate = rng.random(n)
    rest = is_handed & ~is_won & ~is_lost
    is_rejected, is_dropped, is_stuck = (
        rest & (fate < 0.62),
        rest & (fate >= 0.62) & (fate < 0.76),
        rest & (fate >= 0.76),
    )
    is_silent = rest & (fate >= 0.93)
    responded = np.where(is_handed & ~is_silent, responded, NEVER)
    answers = responded < NEVER
    status_at[:, WORKING] = np.where(answers & (is_stuck | (rng.random(n) < 0.85)), responded, NEVER)

    decided = _office_time(rng, _after(rng, np.where(answers, responded, 0), 26, 0.8))
    status_at[:, REJECTED] = np.where(is_rejected, decided, NEVER)
    rejection = np.where(is_rejected, rng.choice(9, n, p=[*v.REJECTION_SHARES, 1 - sum(v.REJECTION_SHARES)]), -1)
    rejection = np.where(rejection == 8, -1, rejection)
    returns = is_rejected & (rejection == 2) & (rng.random(n) < 0.6)
    nurtured = _after(rng, decided, 60, 0.8)
    status_at[:, NURTURE] = np.where(returns, nurtured, NEVER)
    again = returns & (rng.random(n) < 0.45)
    handed_again = _office_time(rng, _after(rng, nurtured, 24 * 45, 0.5))
    status_at[:, HANDED_2] = np.where(again, handed_again, NEVER)
    answered_again = again & (rng.random(n) < 0.9)
    working_again = _office_time(rng, _after(rng, handed_again, 9, 1.1))
    status_at[:, WORKING_2] = np.where(answered_again, working_again, NEVER)
    second_chance = answered_again & (rng.random(n) < 0.4)

    accepts = is_won | is_lost | is_dropped | second_chance
    accepted = _office_time(
        rng, _after(rng, np.where(second_chance, working_again, np.where(answers, responded, 0)), 22, 0.8)
    )
    status_at[:, ACCEPTED] = np.where(accepts, accepted, NEVER)
    sells = is_won | is_lost | second_chance
    talked = _office_time(rng, _after(rng, accepted, 70, 0.7))
    reaches_sql = sells | (is_dropped & (rng.random(n) < 0.3))
    status_at[:, SQL] = np.where(reaches_sql, talked, NEVER)
    ready = _office_time(rng, _after(rng, talked, 50, 0.6))
    status_at[:, READY] = np.where(sells & (rng.random(n) < 0.8), ready, NEVER)
    converted = _office_time(rng, _after(rng, ready, 20, 0.6))
    status_at[:, CONVERTED] = np.where(sells, converted, NEVER)
    cold = (is_dropped & (rng.random(n) < 0.7)) | (~is_handed & (rng.random(n) < 0.25))
    status_at[:, RECYCLED] = np.where(
        cold,
        np.where(is_dropped, _after(rng, np.maximum(talked, accepted), 300, 0.4), _after(rng, mql_at, 700, 0.6)),
        NEVER,
    )
    outcome = np.where(is_won, WON, np.where(is_lost | second_chance, LOST, NO_OPPORTUNITY))

    # Merges, joint conversions, deletions: what follows in a lead's own life does not happen.
    converts_to = np.full(n, -1, dtype=np.int64)
    merged_at = np.full(n, NEVER, dtype=np.int64)
    twin = np.maximum(twin_of, 0)
    primary_converted = status_at[twin, CONVERTED]
    merges = is_twin & (rng.random(n) < 0.5) & (rng.random(n) < 0.97)
    merge_time = _after(rng, created, 70, 0.8)
    merges &= (merge_time < primary_converted) & (merge_time < status_at[:, CONVERTED])
    merged_at[merges] = merge_time[merges]
    joins = is_twin & ~merges & (primary_converted < NEVER) & (created < primary_converted)
    converts_to[joins] = twin_of[joins]
    for stage in range(MQL, len(v.STATUSES)):
        cut = merges & (status_at[:, stage] >= merged_at)
        cut |= joins & (status_at[:, stage] >= primary_converted)
        status_at[cut, stage] = NEVER
    status_at[joins, CONVERTED] = primary_converted[joins]
    outcome = np.where(is_twin & (status_at[:, CONVERTED] == NEVER) | joins, NO_OPPORTUNITY, outcome)
    # A primary that a twin was merged into must still be there.
    deletable = (rng.random(n) < 0.008) & (status_at[:, CONVERTED] == NEVER) & ~merges
    deletable[twin_of[is_twin]] = False
    deleted_at = np.where(
        deletable,
        _after(rng, np.minimum(status_at, NEVER - 1).max(axis=1, where=status_at < NEVER, initial=0), 200, 1.0),
        NEVER,
    )

    defect = np.where(rng.random(n) < 0.09, rng.choice(5, n, p=[0.34, 0.16, 0.26, 0.14, 0.10]) + 1, 0)
    defect[(outcome != NO_OPPORTUNITY) | is_twin | (converts_to >= 0)] = 0
    repaired_at = np.where((defect > 0) & (rng.random(n) < 0.6), _after(rng, created, 300, 1.1), NEVER)
    # An incomplete lead is not worked; most of what is repaired in time goes the usual way.
    never_worked = (defect > 0) & (repaired_at > status_at[:, MQL])
    status_at[never_worked, MQL:] = NEVER
    handed_lives = (
        is_handed & ~never_worked & ~(merges & (handed_at >= merged_at)) & ~(joins & (handed_at >= primary_converted))
    )
    handed_at = np.where(handed_lives, handed_at, NEVER)
    responded = np.where(handed_lives & ~(merges & (responded >= merged_at)), responded, NEVER)

    leads = Leads(
        number=first_number + np.arange(n, dtype=np.int64),
        company=company,
        first=first,
        last=last,
        persona=persona,
        channel=channel,
        campaign=_primary_campaign(rng, world, created, channel),
        twin_of=twin_of,
        merged_at=merged_at,
        deleted_at=deleted_at,
        status_at=status_at,
        handed_at=handed_at,
        is_handed=handed_lives,
        responded_at=responded,
        owner_marketing=np.where(rng.random(n) < 0.6, -1, rng.integers(world.marketers, size=n)),
        owner_first=world.marketers + rng.integers(world.sellers, size=n),
        owner_second=world.marketers + rng.integers(world.sellers, size=n),
        owner_executive=world.marketers + world.sellers + rng.integers(world.executives, size=n),
        rejection=rejection,
        outcome=outcome,
        trigger=np.where(rng.random(n) < 0.1, rng.integers(len(v.TRIGGERS), size=n), -1),
        defect=defect,
        repaired_at=repaired_at,
        blanked_at=np.where((rng.random(n) < 0.004) & (defect == 0), _after(rng, created, 400, 0.8), NEVER),
        source_changed_at=np.where((rng.random(n) < 0.015) & (defect == 0), _after(rng, created, 60, 1.0), NEVER),
        enriched_at=np.where(rng.random(n) < 0.04, _after(rng, created, 30, 1.0), NEVER),
        is_mailbox=rng.random(n) < 0.005,
        score=np.clip(35 + 14 * fit + 9 * drive + rng.normal(0, 10, n), 0, 100).astype(np.int64),
        converts_to=converts_to,
        features={"pricing_page_views_30d": pricing, "form_submissions_60d": forms, "event_attendances_60d": events},
        logit=logit,
    )
    deals = _deals(rng, world, leads)
    return Chunk(leads, _with_identity(rng, sessions, leads), members, deals, _calls(rng, leads))


def _campaign_at(world: World, type_: str, every: int, at: Ints) -> Ints:
    first = world.first_campaign(type_)
    return first + np.clip((at - world.campaigns[first].first) // every, 0, None)


def _primary_campaign(rng: np.random.Generator, world: World, created: Ints, channel: Ints) -> Ints:
    """The campaign the CRM knows a lead by, -1 for none."""
    ads = world.first_campaign("Advertisement")
    campaign = np.full(len(created), -1, dtype=np.int64)
    picks = {
        0: ads + rng.integers(len(v.GOOGLE_CAMPAIGNS), size=len(created)),
        1: ads + len(v.GOOGLE_CAMPAIGNS) + rng.integers(len(v.LINKEDIN_CAMPAIGNS), size=len(created)),
        EMAIL: _campaign_at(world, "Email", NEWSLETTER_EVERY, created),
        WEBINAR: _campaign_at(world, "Webinar", WEBINAR_EVERY, created),
        TRADE_SHOW: _campaign_at(world, "Conference", CONFERENCE_EVERY, created),
        PARTNER: np.full(len(created), world.first_campaign("Partners")),
    }
    for index, values in picks.items():
        campaign = np.where(channel == index, values, campaign)
    return campaign


def _sessions(
    rng: np.random.Generator, world: World, created: Ints, channel: Ints, drive: np.ndarray, chunk: int
) -> Sessions:
    n = len(created)
    quiet = np.isin(channel, (TRADE_SHOW, OUTBOUND))
    count = 1 + rng.poisson(np.exp(1.42 + 0.5 * drive)).clip(0, 40)
    lead = np.repeat(np.arange(n), count)
    total = len(lead)
    place = np.arange(total) - np.repeat(np.cumsum(count) - count, count)
    before = rng.random(total) < 0.5
    offset = np.where(before, -rng.exponential(16 * DAY, total).clip(0, 100 * DAY), rng.exponential(30 * DAY, total))
    offset = np.where(quiet[lead] & before, -offset, offset)
    offset = np.where((place == 0) & ~quiet[lead], -rng.integers(60, 1500, total), offset)
    at = created[lead] + offset.astype(np.int64)
    # Channel: the acquiring one for the form session, then a mix.
    draw = rng.random(total)
    own = np.where(np.isin(channel, (WEBINAR, TRADE_SHOW, OUTBOUND)), DIRECT, channel)[lead]
    source = np.select(
        [(place == 0) | (draw < 0.28), draw < 0.58, draw < 0.74, draw < 0.79, draw < 0.84],
        [own, DIRECT, ORGANIC, BING, SOCIAL],
        EMAIL,
    )
    source = np.where((source == EMAIL) & (at < created[lead]) & (channel[lead] != EMAIL), ORGANIC, source)
    source = np.where((source == own) & (place > 0) & (rng.random(total) < 0.15), ORGANIC, source)
    shares_ = np.array(v.PAGE_SHARES) / sum(v.PAGE_SHARES)
    page = rng.choice(len(v.PAGES), total, p=shares_)
    interest = rng.beta(0.7, 4.0, n)
    page = np.where(rng.random(total) < interest[lead], v.PRICING_PAGE, page)

    strangers = int(n * 2.6)
    lead = np.concatenate([lead, np.full(strangers, -1)])
    anonymous_at = world.start + rng.integers(created.min() - world.start, created.max() - world.start + 1, strangers)
    at = np.concatenate([at, anonymous_at])
    source = np.concatenate([source, rng.choice([0, 1, ORGANIC, 3, DIRECT, BING, SOCIAL], strangers)])
    page = np.concatenate([page, rng.choice(len(v.PAGES), strangers, p=shares_)])
    total += strangers
    ads = world.first_campaign("Advertisement")
    campaign = np.full(total, -1, dtype=np.int64)
    # A lead keeps to one ads campaign, so that its touches tell one story.
    own_ad = np.where(lead >= 0, lead * 7 + chunk, np.arange(total))
    campaign = np.where(source == 0, ads + own_ad % len(v.GOOGLE_CAMPAIGNS), campaign)
    campaign = np.where(source == 1, ads + len(v.GOOGLE_CAMPAIGNS) + own_ad % len(v.LINKEDIN_CAMPAIGNS), campaign)
    campaign = np.where(source == EMAIL, _campaign_at(world, "Email", NEWSLETTER_EVERY, at), campaign)
    campaign = np.minimum(campaign, len(world.campaigns) - 1)
    return Sessions(
        lead=lead,
        number=np.arange(total),
        at=at,
        source=source,
        campaign=campaign,
        content=np.where(np.isin(source, (0, 1, EMAIL)), rng.integers(len(v.CONTENTS), size=total), 0),
        page=page,
        device=(rng.random(total) < 0.12).astype(np.int64),
        identity=np.zeros(total, dtype=np.int64),
    )


def _with_identity(rng: np.random.Generator, sessions: Sessions, leads: Leads) -> Sessions:
    """Who says who they are: the form session nearly always, later ones sometimes, none before the lead exists."""
    known = sessions.lead >= 0
    lead = np.maximum(sessions.lead, 0)
    since = sessions.at - leads.created_at[lead]
    draw = rng.random(len(lead))
    form = (since < 0) & (since > -1500)
    identity = np.where(known & ((form & (draw < 0.9)) | ((since >= 0) & (draw < 0.4))), 1, 0)
    by_id = (identity == 1) & (since >= 0) & ((draw < 0.05) | (leads.defect[lead] == 1))
    identity = np.where(by_id, 2, identity)
    identity = np.where((leads.defect[lead] == 1) & (identity == 1), 0, identity)
    alive = ~known | (sessions.at < np.minimum(leads.deleted_at, NEVER)[lead])
    return Sessions(
        **{
            name: (identity if name == "identity" else getattr(sessions, name))[alive]
            for name in Sessions.__dataclass_fields__
        }
    )


def _members(rng: np.random.Generator, world: World, created: Ints, channel: Ints, drive: np.ndarray) -> Members:
    n = len(created)
    extra = rng.poisson(np.exp(-0.15 + 0.45 * drive)).clip(0, 12)
    lead = np.repeat(np.arange(n), extra)
    kind = rng.choice(5, len(lead), p=[0.24, 0.34, 0.10, 0.22, 0.10])
    draw = rng.random(len(lead))
    at = created[lead] + np.where(
        draw < 0.4, -rng.exponential(18 * DAY, len(lead)), rng.exponential(25 * DAY, len(lead))
    ).astype(np.int64)
    responded = np.where(kind == 1, rng.random(len(lead)) < 0.15, rng.random(len(lead)) < 0.85)
    # The lead cannot be a member before it exists in the CRM unless a form or an event made it.
    at = np.where((at < created[lead]) & (kind == 1), 2 * created[lead] - at, at)
    # Webinar, trade show and partner leads came by their campaign.
    by_campaign = np.flatnonzero(np.isin(channel, (WEBINAR, TRADE_SHOW, PARTNER)))
    demo = np.flatnonzero(rng.random(n) < 0.10)
    lead = np.concatenate([lead, by_campaign, demo])
    at = np.concatenate([at, created[by_campaign] - rng.integers(0, 6 * HOUR, len(by_campaign)), created[demo] - 30])
    kind = np.concatenate([kind, np.array([0, 4, 5])[channel[by_campaign] - WEBINAR], np.full(len(demo), 2)])
    responded = np.concatenate([responded, np.ones(len(by_campaign) + len(demo), dtype=bool)])
    titles = world.first_campaign("Content Download") + (lead + at // DAY) % len(v.CONTENT_TITLES)
    campaign = np.select(
        [kind == 0, kind == 1, kind == 2, kind == 3, kind == 4],
        [
            _campaign_at(world, "Webinar", WEBINAR_EVERY, at),
            _campaign_at(world, "Email", NEWSLETTER_EVERY, at),
            np.full(len(at), world.first_campaign("Demo Request")),
            titles,
            _campaign_at(world, "Conference", CONFERENCE_EVERY, at),
        ],
        world.first_campaign("Partners"),
    )
    # Events held after the run's now are no campaigns yet: what lies beyond is cut by every delivery.
    campaign = np.minimum(campaign, len(world.campaigns) - 1)
    return Members(lead=lead, at=at, campaign=campaign, responded=responded.astype(bool))


def _stages(rng: np.random.Generator, opened: Ints, closed: Ints, qualifies: Bools, reopens: Bools) -> Ints:
    n = len(opened)
    stage_at = np.full((n, len(v.OPPORTUNITY_STAGES)), NEVER, dtype=np.int64)
    stage_at[:, 0] = opened
    parts = np.sort(rng.random((n, 4)), axis=1) * 0.9 + 0.03
    between = opened[:, None] + (parts * (closed - opened)[:, None]).astype(np.int64)
    reached = qualifies[:, None] & (rng.random((n, 4)) < np.array([0.95, 0.8, 0.85, 0.6]))
    stage_at[:, 1:5] = np.where(reached, between, NEVER)
    stage_at[:, 5] = closed
    stage_at[:, 6] = np.where(reopens, closed + rng.integers(5 * DAY, 40 * DAY, n), NEVER)
    stage_at[:, 7] = np.where(reopens, stage_at[:, 6] + rng.integers(3 * DAY, 30 * DAY, n), NEVER)
    return stage_at


def _deals(rng: np.random.Generator, world: World, leads: Leads) -> Deals:
    own = np.flatnonzero((leads.outcome != NO_OPPORTUNITY) & (leads.converted_at < NEVER))
    opened = leads.converted_at[own]
    won = leads.outcome[own] == WON
    closed = np.where(won, _after(rng, opened, 24 * 36, 0.5), _after(rng, opened, 24 * 50, 0.7))
    company = leads.company[own]
    # Customers buy again: expansion and renewal.
    customers = np.flatnonzero(won & (closed < world.end))
    expands = customers[rng.random(len(customers)) < 0.6]
    renews = customers[rng.random(len(customers)) < 0.7]
    later = np.concatenate(
        [closed[expands] + rng.integers(60 * DAY, 300 * DAY, len(expands)), closed[renews] + 300 * DAY]
    )
    later_won = np.concatenate([rng.random(len(expands)) < 0.55, rng.random(len(renews)) < 0.85])
    # Deals that sales found alone: no lead, no touch.
    alone = max(1, len(leads) // 60)
    span = max(int(leads.created_at.max() - leads.created_at.min()), DAY)
    alone_opened = _office_time(rng, leads.created_at.min() + rng.integers(0, span, alone))
    opened = np.concatenate([opened, later, alone_opened])
    won = np.concatenate([won, later_won, rng.random(alone) < 0.2])
    company = np.concatenate(
        [company, company[expands], company[renews], rng.integers(len(world.companies), size=alone)]
    )
    lead = np.concatenate([own, np.full(len(later) + alone, -1)])
    type_ = np.concatenate(
        [
            np.zeros(len(own), dtype=np.int64),
            np.full(len(expands), 1),
            np.full(len(renews), 2),
            np.zeros(alone, dtype=np.int64),
        ]
    )
    n = len(opened)
    closed = np.concatenate([closed, _after(rng, opened[len(own) :], 24 * 35, 0.5)])
    closed = _office_time(rng, closed)
    qualifies = won | (rng.random(n) < 0.78)
    reopens = rng.random(n) < 0.02
    base = np.array([6_000, 14_000, 36_000, 80_000, 150_000])[world.companies.size[company]]
    amount = np.round(base * np.exp(0.5 * rng.standard_normal(n)) * np.array([1.0, 0.4, 0.9])[type_], 2)
    changed = rng.random(n) < 0.3
    stage_at = _stages(rng, opened, closed, qualifies, reopens)
    competitor = rng.integers(len(v.COMPETITORS), size=n)
    loss = np.where(won, -1, rng.choice(len(v.LOSS_REASONS), n, p=[0.28, 0.24, 0.24, 0.14, 0.10]))
    has_competitor = (loss == 1) | (rng.random(n) < 0.15)
    campaign = np.concatenate([leads.campaign[own], np.full(len(later) + alone, -1)])
    executive = np.concatenate(
        [
            leads.owner_executive[own],
            world.marketers + world.sellers + rng.integers(world.executives, size=len(later) + alone),
        ]
    )
    number = 4 * leads.number[0] + np.arange(n)
    return Deals(
        number=number,
        lead=lead,
        company=company,
        type=type_,
        stage_at=stage_at,
        first_close_won=won ^ (reopens & won),
        won=won,
        amount=amount,
        amount_changed_at=np.where(changed, opened + ((closed - opened) * rng.random(n)).astype(np.int64), NEVER),
        amount_before=np.round(amount * rng.uniform(0.6, 1.3, n), 2),
        has_amount=won | (rng.random(n) > 0.02),
        owner=executive,
        campaign=np.where(rng.random(n) < 0.6, campaign, -1),
        loss_reason=np.where(rng.random(n) < 0.93, loss, -1),
        competitor=np.where(has_competitor, competitor, -1),
        colleague=(rng.random(n) < 0.25) | ((lead < 0) & (rng.random(n) < 0.6)),
        deleted_at=np.where(rng.random(n) < 0.005, _after(rng, opened, 24 * 20, 0.5), NEVER),
    )


def _calls(rng: np.random.Generator, leads: Leads) -> Calls:
    answered = np.flatnonzero(leads.responded_at < NEVER)
    responded = leads.responded_at[answered]
    owner = leads.owner_first[answered]
    # The response itself: most are a call or an e-mail logged just before the status is set.
    logged = rng.random(len(answered)) < 0.88
    follow = rng.poisson(1.3, len(answered))
    chase = np.repeat(np.arange(len(answered)), follow)
    inbound = np.flatnonzero(rng.random(len(answered)) < 0.1)
    waiting = np.flatnonzero((leads.handed_at < NEVER) & (rng.random(len(leads)) < 0.12))
    again = np.flatnonzero(leads.status_at[:, WORKING_2] < NEVER)
    met = np.flatnonzero(leads.status_at[:, SQL] < NEVER)
    met = met[rng.random(len(met)) < 0.92]
    cold = np.flatnonzero(~leads.is_handed & (rng.random(len(leads)) < 0.05))
    return Calls(
        lead=np.concatenate([answered[logged], answered[chase], answered[inbound], waiting, again, met, cold]),
        at=np.concatenate(
            [
                np.maximum(responded - rng.integers(0, 600, len(responded)), leads.handed_at[answered] + 30)[logged],
                responded[chase] + rng.integers(HOUR, 25 * DAY, len(chase)),
                leads.handed_at[answered][inbound] + rng.integers(60, 3 * DAY, len(inbound)),
                leads.handed_at[waiting] + rng.integers(60, HOUR, len(waiting)),
                leads.status_at[again, WORKING_2] - 30,
                leads.status_at[met, SQL] - rng.integers(HOUR, 3 * HOUR, len(met)),
                leads.created_at[cold] + rng.integers(DAY, 40 * DAY, len(cold)),
            ]
        ),
        kind=np.concatenate(
            [
                rng.integers(0, 2, logged.sum()),
                rng.integers(0, 2, len(chase)),
                np.full(len(inbound), 2),
                np.full(len(waiting), 3),
                np.full(len(again), 0),
                np.full(len(met), 4),
                np.full(len(cold), 1),
            ]
        ),
        owner=np.concatenate(
            [
                owner[logged],
                owner[chase],
                owner[inbound],
                leads.owner_first[waiting],
                leads.owner_second[again],
                leads.owner_first[met],
                leads.owner_marketing[cold].clip(0),
            ]
        ),
    )
