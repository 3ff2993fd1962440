"""What an office is asked or told: links and claims of people whose number is not the registered one."""

from collections.abc import Mapping
from typing import Any

from bot.exchange import PersonExchange
from dialogs.office.requests import Asked, asked_page, told_page
from dialogs.people import read_phone
from storage import people, requests
from storage.registry import find_registered


async def needs_approval(at: PersonExchange, code: str) -> bool:
    """Return whether the person's verified number is another one than the registry has for the enterprise.

    The register's data are public: who knows them proves little by that.
    """
    found = await find_registered(at.tx, code)
    phone = await people.phone_of(at.tx, at.me.id)
    return found is None or not found.phone or read_phone(found.phone) != read_phone(phone or "")


async def ask_office(  # noqa: PLR0913 -- the parts of the request
    at: PersonExchange,
    kind: str,
    code: str,
    name: str,
    district: str,
    *,
    enterprise: int | None = None,
    detail: Mapping[str, Any] | None = None,
    told_only: bool = False,
) -> None:
    """Ask the district's office to agree, or only tell it; asking again while it has not answered changes nothing.

    Args:
        at: the exchange.
        kind: `link` or `seat`.
        code: of the enterprise.
        name: of the enterprise.
        district: whose office it is.
        enterprise: its id, when it is there already.
        detail: what it takes to do what was asked.
        told_only: it is done already; the office is told.
    """
    phone = await people.phone_of(at.tx, at.me.id)
    asked = Asked(kind, name, code, at.me.name, phone or "")
    if told_only:
        await at.tell_office(district, told_page(asked), enterprise=enterprise)
        return
    number = await requests.add(
        at.tx,
        requests.Request(kind, f"{kind} {code} {at.me.id}", district, enterprise, at.me.id, None, dict(detail or {})),
        at.now,
    )
    if number is not None:
        at.record(f"{kind}-asked", {"code": code}, enterprise=enterprise)
        await at.tell_office(district, asked_page(number, asked), enterprise=enterprise)
