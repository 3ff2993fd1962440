"""The offices that run the reporting, and the words by which enterprises are sorted (manual, appendix and 报送说明)."""

from collections.abc import Mapping
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict


class Office(BaseModel):
    """An office to call. Phone and fax numbers are local numbers of Shanghai (021)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    regions: tuple[str, ...] = ()
    phones: tuple[str, ...]
    fax: str = ""
    mail: str = ""
    address: str = ""


class _Directory(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    center: Office
    support: Office
    districts: tuple[Office, ...]


_DIRECTORY = _Directory.model_validate(yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8")))

CENTER = _DIRECTORY.center
SUPPORT = _DIRECTORY.support
OFFICES: Mapping[str, Office] = {office.name: office for office in _DIRECTORY.districts}
DISTRICTS: tuple[str, ...] = tuple(OFFICES)
CATEGORIES: tuple[str, ...] = ("专精特新", "中小微培育", "其他")


def read_district(typed: str) -> str | None:
    """Return the district that is meant, with or without 区 or 新区 behind its name; None for no district."""
    name = typed.strip()
    for ending in ("", "新区", "区"):
        if name.removesuffix(ending) in OFFICES:
            return name.removesuffix(ending)
    return None


def district_of_code(code: str) -> str | None:
    """Return the district that registered a credit code, by its division code; None for one outside the sixteen."""
    return next((office.name for office in OFFICES.values() if code[2:8] in office.regions), None)
