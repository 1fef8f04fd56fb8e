"""What the sample company is made of: names, lists, shares and the true drivers of its conversion.

Only constants live here. The coefficients are the answer key of lead scoring: a model trained on the sample must find
their direction and the order of the main ones again.
"""

from typing import NamedTuple

_FIRST_NAMES = (
    "Ada Adrian Aisha Alan Alice Amara Amir Ana Anders Andrea Anna Anton Astrid Ben Bianca Bruno Camila Carl "
    "Carmen Chen Chloe Clara Daniel Daria David Diego Dina Edgar Elena Elias Elif Emil Emma Erik Eva Fatima "
    "Felix Fiona Frank Freya George Grace Greta Hana Hans Hassan Helen Hugo Ida Igor Ines Isaac Ivan Jan Jane "
    "Javier Jonas Julia Kai Karen Karl Kate Kenji Lara Laura Leo Lena Liam Lina Lucas Lucia Magnus Maja Marco "
    "Maria Mark Marta Max Mei Mia Milan Mina Nadia Nina Noah Nora Olga Oliver Omar Oscar Paul Petra Priya "
    "Rafael Rania Rosa Ruth Samir Sara Simon Sofia Stefan Tara Theo Tom Uma Vera Victor Wei Yara Yusuf Zoe"
)
FIRST_NAMES = tuple(_FIRST_NAMES.split())
_LAST_NAMES = (
    "Abbott Adler Almeida Andersen Baker Barros Becker Bell Berg Blanc Boyd Brandt Brown Carter Castro Chang "
    "Clark Cole Costa Cruz Dahl Dias Dubois Eklund Evans Falk Fischer Flores Fontaine Ford Fox Garcia Gomez "
    "Grant Gray Haas Hall Hansen Hart Hayes Holm Huber Hughes Ito Ivanov Jansen Jensen Jones Kane Kaya Keller "
    "Khan Kim King Klein Koch Kumar Lang Larsen Lee Lewis Lind Lopez Lund Maier Marin Martin Meyer Mills Mori "
    "Moreau Nair Nash Newman Nilsen Novak Nunez Olsen Ortiz Osei Park Patel Perez Petrov Quinn Ramos Reed "
    "Reyes Rossi Roux Ruiz Sato Schmidt Silva Singh Smith Stone Sun Tan Taylor Torres Turner Vega Visser Vogel "
    "Wagner Walker Wang Ward Weber West White Wolf Wong Young Zhou"
)
LAST_NAMES = tuple(_LAST_NAMES.split())
_COMPANY_HEADS = (
    "Amber Apex Arbor Atlas Aurora Basalt Beacon Birch Blue Bright Cedar Clear Cobalt Copper Coral Crest Delta "
    "Drift Eagle Echo Ember Falcon Fern Fjord Flint Forge Granite Green Harbor Hazel Heron Highland Indigo "
    "Iron Ivory Jade Juniper Keystone Lark Laurel Lumen Lunar Maple Marble Meridian Mesa Mill Moss North Nova "
    "Oak Ocean Olive Onyx Opal Orbit Orchid Osprey Peak Pine Pioneer Polar Prairie Quartz Rapid Raven Red "
    "Ridge River Robin Rowan Ruby Sable Sage Sierra Silver Sky Slate Solar Spruce Stellar Stone Summit Swift "
    "Terra Tidal Timber Topaz Union Valley Vertex Vista Violet Walnut Willow Winter Zenith"
)
COMPANY_HEADS = tuple(_COMPANY_HEADS.split())
_COMPANY_TAILS = (
    "Analytics Bank Biotech Capital Care Cloud Commerce Components Data Devices Dynamics Education Energy "
    "Engineering Foods Freight Group Health Industries Insurance Labs Learning Logistics Machines Markets "
    "Media Metals Motors Networks Partners Payments Pharma Print Publishing Retail Robotics Security Services "
    "Software Solutions Studios Supply Systems Technologies Textiles Tools Trade Transport Ventures Works"
)
COMPANY_TAILS = tuple(_COMPANY_TAILS.split())


class Choice(NamedTuple):
    """A value of an attribute, its share among companies or leads, and what it adds to the log-odds of a win."""

    value: str
    share: float
    effect: float


INDUSTRIES = (
    Choice("Technology", 0.22, 0.6),
    Choice("Finance", 0.14, 0.3),
    Choice("Healthcare", 0.11, 0.0),
    Choice("Manufacturing", 0.14, 0.0),
    Choice("Retail", 0.11, -0.3),
    Choice("Transportation", 0.07, 0.0),
    Choice("Media", 0.07, -0.1),
    Choice("Education", 0.06, -0.7),
    Choice("Government", 0.05, -0.9),
    Choice("Not For Profit", 0.03, -1.0),
)
COUNTRIES = (  # no effect on conversion: a scorecard that gives points for it found noise
    Choice("United States", 0.42, 0.0),
    Choice("Canada", 0.07, 0.0),
    Choice("United Kingdom", 0.14, 0.0),
    Choice("Germany", 0.11, 0.0),
    Choice("France", 0.07, 0.0),
    Choice("Netherlands", 0.05, 0.0),
    Choice("Sweden", 0.03, 0.0),
    Choice("Australia", 0.04, 0.0),
    Choice("India", 0.04, 0.0),
    Choice("Brazil", 0.03, 0.0),
)
CURRENCY_BY_COUNTRY = {"United Kingdom": "GBP", "Germany": "EUR", "France": "EUR", "Netherlands": "EUR"}
TECHNOLOGIES = (
    Choice("Salesforce", 0.30, 0.3),
    Choice("HubSpot", 0.22, 0.2),
    Choice("Marketo", 0.08, 0.2),
    Choice("Snowflake", 0.10, 0.1),
    Choice("SAP", 0.12, 0.0),
    Choice("On-premise", 0.18, -0.3),
)
GROWTH_STAGES = (
    Choice("Startup", 0.18, 0.0),
    Choice("Scale-up", 0.27, 0.0),
    Choice("Growth", 0.30, 0.0),
    Choice("Mature", 0.25, 0.0),
)
TRIGGERS = ("Funding round", "New executive", "Expansion", "Tool replacement")
# Employees are drawn between the bounds, evenly in the logarithm.
SIZES = (
    Choice("2-49", 0.24, -1.0),
    Choice("50-199", 0.30, 0.0),
    Choice("200-999", 0.26, 0.6),
    Choice("1000-4999", 0.14, 0.3),
    Choice("5000-40000", 0.06, -0.4),
)
PERSONAS = (
    Choice("Chief Marketing Officer", 0.05, 0.7),
    Choice("VP Marketing", 0.09, 0.7),
    Choice("VP Sales", 0.08, 0.6),
    Choice("Director of Revenue Operations", 0.11, 0.5),
    Choice("Director of Demand Generation", 0.11, 0.4),
    Choice("Marketing Manager", 0.19, 0.0),
    Choice("Sales Manager", 0.11, 0.0),
    Choice("Marketing Analyst", 0.11, -0.4),
    Choice("IT Manager", 0.07, -0.3),
    Choice("Consultant", 0.05, -1.2),
    Choice("Student", 0.03, -2.0),
)


class Channel(NamedTuple):
    """How leads are won: the CRM's lead source, what the web tags say, and the effect on the log-odds of a win."""

    name: str
    lead_source: str
    source: str
    medium: str
    share: float
    effect: float


CHANNELS = (
    Channel("google_cpc", "Paid Search", "google", "cpc", 0.22, 0.0),
    Channel("linkedin_cpc", "Paid Social", "linkedin", "cpc", 0.15, -0.5),
    Channel("organic", "Organic Search", "google", "organic", 0.20, 0.4),
    Channel("referral", "Referral", "softwarereviews.example.com", "referral", 0.08, 0.9),
    Channel("email", "Email", "newsletter", "email", 0.08, 0.1),
    Channel("direct", "Web", "(direct)", "(none)", 0.08, 0.1),
    Channel("webinar", "Webinar", "", "", 0.08, 0.4),
    Channel("trade_show", "Trade Show", "", "", 0.04, 0.3),
    Channel("partner", "Partner", "alliance.example.org", "partner", 0.04, 0.6),
    Channel("outbound", "Cold Call", "", "", 0.03, -0.9),
)

# Behaviour before the handoff: effect by count, the last entry for that many or more.
PRICING_VISITS_30D = (0.0, 0.7, 1.1, 1.4)
FORM_FILLS_60D = (0.0, 0.4, 0.7)
EVENT_ATTENDANCES_60D = (0.0, 0.6)
INTERCEPT = -3.75

PAGES = ("/", "/product", "/pricing", "/demo", "/customers", "/blog/lead-handoff", "/blog/attribution", "/docs")
PAGE_SHARES = (0.24, 0.17, 0.0, 0.05, 0.12, 0.18, 0.14, 0.10)  # /pricing has its own propensity per lead
PRICING_PAGE = 2
CONTENTS = ("", "ebook", "video", "case-study", "calculator")

GOOGLE_CAMPAIGNS = (
    "Brand Search US",
    "Brand Search EU",
    "Category Search US",
    "Category Search EU",
    "Competitor Search",
    "Retargeting",
)
LINKEDIN_CAMPAIGNS = ("ABM Enterprise", "RevOps Leaders", "CMO Thought Leadership", "Lead Gen Forms EU")
CONTENT_TITLES = (
    "Handoff Playbook",
    "Attribution Guide",
    "Pipeline Benchmark Report",
    "SLA Template",
    "RevOps Checklist",
    "Lead Scoring Workbook",
    "CRM Hygiene Guide",
    "Board Metrics Kit",
)

STATUSES = (
    "Open",
    "Marketing Qualified",
    "Handed Off",
    "Working",
    "Rejected",
    "Nurture",
    "Handed Off",
    "Working",
    "Accepted",
    "Sales Qualified",
    "Sales Ready",
    "Converted",
    "Recycled",
)
UNKNOWN_STATUS = "Imported"
REJECTION_REASONS = (
    "Bad Fit - Company",
    "Bad Fit - Budget",
    "Not Ready",
    "Bad Data",
    "Competitor",
    "Duplicate",
    "Call back after summer",
    "Wrong region?",
)
REJECTION_SHARES = (0.22, 0.16, 0.26, 0.09, 0.09, 0.04, 0.02, 0.01)  # the rest is rejected without a reason
OPPORTUNITY_STAGES = (
    "Prospecting",
    "Qualification",
    "Needs Analysis",
    "Proposal/Price Quote",
    "Negotiation/Review",
    "Closed",
    "Negotiation/Review",
    "Closed",
)
LOSS_REASONS = ("Price", "Lost to Competitor", "No Decision", "Missing Feature", "Timing")
COMPETITORS = ("Leadbridge", "Funnelworks", "Pipeworthy", "In-house build")
CUSTOMER_TIERS = ("Gold", "Silver", "Bronze")
PRODUCT_INTERESTS = ("Handoff Core", "Attribution", "Scoring")
DEPARTMENTS = (
    "Demand Generation",
    "Marketing Operations",
    "Sales Development",
    "Commercial Sales",
    "Enterprise Sales",
    "Integration",
)
