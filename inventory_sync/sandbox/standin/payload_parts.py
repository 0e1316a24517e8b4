"""What the bodies of several webhooks share: time stamps, money, and a made-up buyer.

Put here what orders and drafts have in common. Everything personal is invented (addresses of
example.com, telephone numbers of 555-01xx), and it is there for one reason: whoever receives a
webhook has to get rid of it.
"""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from inventory_sync.sandbox.standin.stock import gid

Body = dict[str, Any]

_ZONE = ZoneInfo("America/New_York")

PHONE = "+1-212-555-0123"
EMAIL = "ada.buyer@example.com"
ADDRESS: Body = {
    "first_name": "Ada",
    "last_name": "Buyer",
    "name": "Ada Buyer",
    "company": "Buyer & Daughters",
    "address1": "1 Example Street",
    "address2": None,
    "city": "Springfield",
    "zip": "00501",
    "province": "New York",
    "province_code": "NY",
    "country": "United States",
    "country_code": "US",
    "phone": PHONE,
    "latitude": 40.1,
    "longitude": -73.2,
}


def stamp(instant: datetime | None) -> str | None:
    """A time stamp as webhooks have it: with the shop's offset."""
    return instant.astimezone(_ZONE).isoformat() if instant else None


def money(units: int) -> str:
    """What so many units cost; everything costs 10 dollars here."""
    return f"{10 * units}.00"


def money_set(units: int) -> Body:
    """The same in the shop's and the buyer's currency."""
    amount = {"amount": money(units), "currency_code": "USD"}
    return {"shop_money": amount, "presentment_money": amount}


def customer(number: int) -> Body:
    """The buyer's account."""
    return {
        "id": number,
        "created_at": None,
        "updated_at": None,
        "first_name": ADDRESS["first_name"],
        "last_name": ADDRESS["last_name"],
        "state": "enabled",
        "note": "prefers to be called in the evening",
        "verified_email": True,
        "multipass_identifier": None,
        "tax_exempt": False,
        "email": EMAIL,
        "phone": PHONE,
        "currency": "USD",
        "tax_exemptions": [],
        "admin_graphql_api_id": gid("Customer", number),
        "default_address": ADDRESS,
    }
