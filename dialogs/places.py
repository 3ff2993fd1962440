"""What leads from one dialog with a person to another, and where one can be at rest."""

from dataclasses import dataclass

from dialogs.periods import Period
from dialogs.turn import Effect, Event

# ---- where one can be


@dataclass(frozen=True, slots=True)
class Welcome:
    """Nobody known yet: the way in begins with a verified phone number. An invitation waits until then."""

    invitation: str = ""


@dataclass(frozen=True, slots=True)
class Naming:
    """The phone number is known, the real name is asked."""

    invitation: str = ""


@dataclass(frozen=True, slots=True)
class AtHome:
    """Nothing in particular is going on."""


# ---- what leads somewhere


@dataclass(frozen=True, slots=True)
class Start(Event):
    """The person opened the conversation (`/start`), perhaps by an invitation link."""

    invitation: str = ""


@dataclass(frozen=True, slots=True)
class Said(Event):
    """A text message."""

    typed: str


@dataclass(frozen=True, slots=True)
class Help(Event):
    """What the commands are."""


@dataclass(frozen=True, slots=True)
class Fill(Event):
    """Fill the report that is due (数据填报)."""


@dataclass(frozen=True, slots=True)
class Open(Event):
    """Open the report of an enterprise for a period (`YYYY-MM`); the one that is due when it is empty."""

    enterprise: int
    period: str = ""


@dataclass(frozen=True, slots=True)
class ShowPeriods(Event):
    """The periods of an enterprise that can be filled (补填)."""

    enterprise: int


@dataclass(frozen=True, slots=True)
class ShowEnterprises(Event):
    """The linked enterprises (关联企业), so many a page."""

    page: int = 0


@dataclass(frozen=True, slots=True)
class ShowEnterprise(Event):
    """One linked enterprise and what can be done with it."""

    enterprise: int


@dataclass(frozen=True, slots=True)
class LinkNew(Event):
    """Link one more enterprise (增加关联企业)."""


@dataclass(frozen=True, slots=True)
class Apply(Event):
    """Apply for the seat of an enterprise (申请填报员)."""

    enterprise: int


@dataclass(frozen=True, slots=True)
class Transfer(Event):
    """Hand the seat of an enterprise to somebody else (填报人更换)."""

    enterprise: int


@dataclass(frozen=True, slots=True)
class ShowHistory(Event):
    """The reports of a year (填报列表): an enterprise is asked for when it is 0, the newest year is shown for 0."""

    enterprise: int = 0
    year: int = 0


@dataclass(frozen=True, slots=True)
class ShowYear(Event):
    """The months of a year side by side (年报预览); like `ShowHistory`."""

    enterprise: int = 0
    year: int = 0
    page: int = 0


@dataclass(frozen=True, slots=True)
class View(Event):
    """A report as it was submitted (查看): the newest revision when `revision` is 0."""

    enterprise: int
    period: str
    revision: int = 0
    page: int = 0


@dataclass(frozen=True, slots=True)
class AskReturn(Event):
    """Ask the office to return a submitted report (申请退回)."""

    enterprise: int
    period: str


@dataclass(frozen=True, slots=True)
class ShowGuide(Event):
    """The filling instructions (填报说明) of the form of a period, `YYYY-MM`; of the due one when it is empty."""

    period: str = ""
    page: int = 0


@dataclass(frozen=True, slots=True)
class ShowContacts(Event):
    """Whom to call (通讯录): the own district first, `everyone` on request."""

    everyone: int = 0


@dataclass(frozen=True, slots=True)
class ShowPrivacy(Event):
    """What is stored about the person, and what can be done about it."""


@dataclass(frozen=True, slots=True)
class OpenReport(Effect):
    """Brings `dialogs.conversation.Opened` or `CannotOpen`."""

    enterprise: int
    period: Period


@dataclass(frozen=True, slots=True)
class CannotOpen(Event):
    """Why something is not opened: "seat", "period", "form", "link", "report" or "history"."""

    why: str
