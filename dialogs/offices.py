"""The offices that run the reporting, and the words by which enterprises are sorted (manual, appendix and 报送说明).

The districts are facts of Shanghai. Whom to call there is data that a deployment may replace: a `Directory`.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, TypeAlias

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from dialogs.data_file import Place, read_data_file
from dialogs.people import read_phone

FOLDER = Path(__file__).parent

_REGIONS: Mapping[str, tuple[str, ...]] = yaml.safe_load((FOLDER / "districts.yaml").read_text(encoding="utf-8"))

DISTRICTS: tuple[str, ...] = tuple(_REGIONS)
CATEGORIES: tuple[str, ...] = ("专精特新", "中小微培育", "其他")


def read_district(typed: str) -> str | None:
    """Return the district that is meant, with or without 区 or 新区 behind its name; None for no district."""
    name = typed.strip()
    for ending in ("", "新区", "区"):
        if name.removesuffix(ending) in DISTRICTS:
            return name.removesuffix(ending)
    return None


def district_of_code(code: str) -> str | None:
    """Return the district that registered a credit code, by its division code; None for one outside the sixteen."""
    return next((district for district, regions in _REGIONS.items() if code[2:8] in regions), None)


def regions_of(district: str) -> tuple[str, ...]:
    """Return the division codes of a district, as credit codes have them in the third to eighth place."""
    return tuple(_REGIONS.get(district, ()))


# ---- whom to call


def _callable(phone: str) -> str:
    if read_phone(phone) is None:
        message = f"{phone!r} is not a phone number that can be called"
        raise ValueError(message)
    return phone


Name: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=100, strip_whitespace=True)]
Phone: TypeAlias = Annotated[str, StringConstraints(max_length=40), AfterValidator(_callable)]
Mail: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+\.[A-Za-z]+$", max_length=100)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Contact(_Part):
    """A person to ask for. The directory that comes with the program names nobody."""

    name: Name
    phone: Phone | None = None
    mail: Mail | None = None


class Office(_Part):
    """An office to call. Phone and fax numbers are local numbers of Shanghai (021)."""

    name: Name
    phones: tuple[Phone, ...]
    fax: Phone | None = None
    mail: Mail | None = None
    address: str = Field(default="", max_length=200)
    contacts: tuple[Contact, ...] = ()


class Center(Office):
    """The service centre; it has a mailbox, for requests about seats and returns."""

    mail: Mail


class Directory(_Part):
    """Whom to call: the service centre, the support of the platform, the office of each of the sixteen districts."""

    center: Center
    support: Office
    districts: tuple[Office, ...]

    @cached_property
    def _by_district(self) -> Mapping[str, Office]:
        return {office.name: office for office in self.districts}

    def office_of(self, district: str) -> Office:
        """Return the office of a district; the service centre where it is not one of the sixteen."""
        return self._by_district.get(district, self.center)


def _faults(directory: Directory) -> Iterator[tuple[Place, str]]:
    named: tuple[tuple[Place, Office], ...] = (
        (("center",), directory.center),
        (("support",), directory.support),
        *((("districts", at), office) for at, office in enumerate(directory.districts)),
    )
    yield from (((*where, "phones"), f"{office.name!r} has no phone") for where, office in named if not office.phones)
    names = Counter(office.name for office in directory.districts)
    for at, office in enumerate(directory.districts):
        if office.name not in DISTRICTS:
            yield ("districts", at, "name"), f"{office.name!r} is not one of {' '.join(DISTRICTS)}"
        elif names[office.name] > 1:
            yield ("districts", at, "name"), f"{office.name!r} stands twice"
    missing = [district for district in DISTRICTS if district not in names]
    if missing:
        yield ("districts",), f"the office of {' '.join(missing)} is missing"


def read_directory(path: Path) -> Directory:
    """Read a directory, whose file is like `offices.yaml` in this folder.

    Raises:
        DataFileError: it is not usable, or not of all sixteen districts; one line a fault, `file:line: what`.
        OSError: the file cannot be read.
    """
    return read_data_file(path, Directory, _faults)


BUILT_IN = read_directory(FOLDER / "offices.yaml")
"""The directory of the manual's appendix."""
