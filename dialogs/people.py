"""What people tell about themselves and their enterprise: read, checked and made comparable."""

import re
import unicodedata

import phonenumbers
from stdnum.cn import uscc
from stdnum.exceptions import ValidationError

from dialogs.numbers import fold_width

_NAME = re.compile(r"[^\W\d_]+(?:(?:\. |[ ·.'\u2019-])[^\W\d_]+)*\.?")
_NOT_IN_NAMES = frozenset({"No", "Nl"})
_BRACKETS = str.maketrans("【】〔〕[]｛｝{}〈〉<>", "()()()()()()()")
_PHONE = re.compile(r"(\+?[0-9 ()-]{1,40}?)(?: ?(?:转|ext\.?) ?([0-9]{1,6}))?", re.ASCII)
# Numbers of Shanghai as the appendix of the manual prints them.
_LOCAL = re.compile(r"(?:\(?021\)?[ -]?)?([2-9][0-9]{7})(?:-([0-9]{1,6}))?", re.ASCII)
_DASHES = dict.fromkeys((*range(0x2010, 0x2016), 0x2212), "-")
NAME_CHARS, LINE_CHARS = 40, 200
CHINA = 86


def clean(typed: str) -> str:
    """Return the text without what no channel should carry and no database keeps: NUL, controls, lone surrogates."""
    kept = (char for char in typed if char in "\n\t" or unicodedata.category(char) not in ("Cc", "Cs"))
    return "".join(kept).strip()


def read_person_name(typed: str) -> str | None:
    """Return a real name (真实姓名), None for what cannot be one."""
    name = " ".join(typed.split())
    if not 2 <= len(name) <= NAME_CHARS or not _NAME.fullmatch(name):  # noqa: PLR2004 -- 王伟 is one
        return None
    # Python counts ² and ① among the letters.
    return None if any(unicodedata.category(char) in _NOT_IN_NAMES for char in name) else name


def read_line(typed: str) -> str | None:
    """Return one line of free text such as an address, None when there is nothing or far too much."""
    line = " ".join(typed.split())
    return line if len(line) <= LINE_CHARS and any(char.isalnum() for char in line) else None


def read_code(typed: str) -> str | None:
    """Return a unified social credit code (GB 32100, 18 places, check digit), None when it is not one."""
    try:
        return str(uscc.validate(fold_width(typed).upper()))
    except ValidationError:
        return None


def read_phone(typed: str) -> str | None:
    """Return a phone number that can be called from Shanghai (mobile, landline, 400), None when it is not one."""
    parsed = _phone(typed)
    if parsed is None:
        return None
    style = phonenumbers.PhoneNumberFormat
    return phonenumbers.format_number(parsed, style.NATIONAL if parsed.country_code == CHINA else style.INTERNATIONAL)


def read_mobile(typed: str) -> str | None:
    """Return the number in international form (+86…), None for what is not a phone number of mainland China.

    Numbers of no country, such as Telegram's anonymous +888, verify nobody.
    """
    parsed = _phone(typed)
    if parsed is None or parsed.country_code != CHINA or parsed.extension:
        return None
    if phonenumbers.number_type(parsed) != phonenumbers.PhoneNumberType.MOBILE:
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def _phone(typed: str) -> phonenumbers.PhoneNumber | None:
    found = _PHONE.fullmatch(fold_width(typed).translate(_DASHES).strip())
    if found is None:
        return None
    number, extension = found.groups()
    if local := _LOCAL.fullmatch(number):
        number, extension = f"021-{local[1]}", local[2] or extension
    elif re.fullmatch(r"86[0-9]{11}", number):
        number = f"+{number}"
    try:
        parsed = phonenumbers.parse(number, "CN")
    except phonenumbers.NumberParseException:
        return None
    parsed.extension = extension or None
    return parsed if phonenumbers.is_valid_number(parsed) else None


def mask_phone(phone: str) -> str:
    """Return a number of which only the beginning and the last two places can be read."""
    national = phone.removeprefix("+86")
    return f"{national[:3]}******{national[-2:]}"


def comparable(registered: str) -> str:
    """Return a registered name as it is compared: width, brackets and spaces made equal, nothing else."""
    return "".join(fold_width(registered).translate(_BRACKETS).split())
