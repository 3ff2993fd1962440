"""What people tell about themselves: names, credit codes, telephones, and how registered names are compared."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogs.offices import BUILT_IN, Office
from dialogs.people import (
    LINE_CHARS,
    clean,
    comparable,
    mask_phone,
    read_code,
    read_line,
    read_mobile,
    read_person_name,
    read_phone,
)


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("王伟", "王伟"),
        ("王小明", "王小明"),
        (" 王小明\n", "王小明"),
        ("王 小明", "王 小明"),
        ("欧阳\u3000娜娜", "欧阳 娜娜"),
        ("阿依古丽·买买提", "阿依古丽·买买提"),
        ("㐂久", "㐂久"),
        ("𠮷田", "𠮷田"),
        ("José O'Neill-Łuk", "José O'Neill-Łuk"),
        ("J. R. Smith", "J. R. Smith"),
        ("Smith J.", "Smith J."),
        ("Ли Ван", "Ли Ван"),
    ],
)
def test_a_real_name(typed: str, name: str) -> None:
    assert read_person_name(typed) == name


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "王",
        "王5",
        "王５",
        "王٣",
        "王²",
        "①②",
        "Ⅳ世",
        "13800138000",
        "王_明",
        "王,明",
        "王明。",
        "·王明",
        "王··明",
        "王明-",
        "<b>王明</b>",
        "=王明",
        "王明😀",
        "王\u200b明",
        "王\u202e明",
        "王\x00明",
        "王\ud800明",
        "王" * 41,
        "a" * 100_000 + "!",
        "a " * 100_000 + "!",
    ],
)
def test_what_cannot_be_a_name(typed: str) -> None:
    assert read_person_name(typed) is None


@pytest.mark.parametrize(
    "typed",
    [
        "91110000600037341L",
        "91110000600037341l",
        " 91110000600037341L ",
        "91110000 6000 37341L",
        "91110000-600037341-L",
        "９１１１００００６０００３７３４１Ｌ",
        "\u200b91110000600037341L",
    ],
)
def test_a_credit_code(typed: str) -> None:
    assert read_code(typed) == "91110000600037341L"


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "91110000600037341",
        "91110000600037341LL",
        "91110000600037341M",
        "91110000600037314L",
        "9111000060003734IL",
        "911100006000373O1L",
        "①1110000600037341L",
        "٩1110000600037341L",
        "91110000600037341²",
        "91110000600037341\x00L",
        "ß1110000600037341L",
        "9" * 100_000,
    ],
)
def test_what_is_no_credit_code(typed: str) -> None:
    assert read_code(typed) is None


@pytest.mark.parametrize(
    "typed",
    [
        "13800138000",
        "138 0013 8000",
        "138-0013-8000",
        "+8613800138000",
        "+86 138 0013 8000",
        "8613800138000",
        "008613800138000",
        "１３８００１３８０００",
        "＋８６１３８００１３８０００",
        "\u202d+86 138 0013 8000\u202c",
    ],
)
def test_a_mobile_number_however_it_is_written(typed: str) -> None:
    assert read_mobile(typed) == "+8613800138000"
    assert read_phone(typed) == "138 0013 8000"


@pytest.mark.parametrize(
    "typed",
    [
        "+88812345678",
        "+888 1234 5678",
        "88812345678",
        "+85291234567",
        "+886912345678",
        "+12025550123",
        "021-64225233",
        "400-820-8820",
        "1380013800",
        "138001380000",
        "12345678901",
        "13800138000x5",
        "13800138000转5",
        "1380013abcd",
        "tel:13800138000",
        "١٣٨٠٠١٣٨٠٠٠",
        "",
        "+",
        "()",
        "1" * 100_000,
        "1 " * 100_000,
    ],
)
def test_what_verifies_nobody(typed: str) -> None:
    assert read_mobile(typed) is None


@pytest.mark.parametrize(
    ("typed", "phone"),
    [
        ("64225233", "021 6422 5233"),
        ("021-64225233", "021 6422 5233"),
        ("02164225233", "021 6422 5233"),
        ("021 64225233", "021 6422 5233"),
        ("021—64225233", "021 6422 5233"),
        ("(021)64225233", "021 6422 5233"),
        ("（021）64225233", "021 6422 5233"),
        ("+86 21 6422 5233", "021 6422 5233"),
        ("010-62345678", "010 6234 5678"),
        ("64872222-3593", "021 6487 2222 ext. 3593"),
        ("021-64872222-3593", "021 6487 2222 ext. 3593"),
        ("64872222转3593", "021 6487 2222 ext. 3593"),
        ("400-820-8820", "400 820 8820"),
        ("4008208820", "400 820 8820"),
        ("+852 9123 4567", "+852 9123 4567"),
    ],
)
def test_a_phone_number_that_can_be_called(typed: str, phone: str) -> None:
    assert read_phone(typed) == phone
    assert read_phone(phone) == phone


@pytest.mark.parametrize(
    "typed", ["", "12345", "没有", "6422523", "+88812345678", "64225233 64220823", "a@b.cn", "\x00"]
)
def test_what_nobody_can_call(typed: str) -> None:
    assert read_phone(typed) is None


@pytest.mark.parametrize(
    "office", [BUILT_IN.center, BUILT_IN.support, *BUILT_IN.districts], ids=lambda office: office.name
)
def test_every_number_of_the_manuals_appendix_can_be_called(office: Office) -> None:
    assert all(read_phone(phone) for phone in office.phones)


def test_a_masked_phone_number_cannot_be_called() -> None:
    assert mask_phone("+8613812345678") == "138******78"
    assert mask_phone("13812345678") == "138******78"


COMPANY = "上海前沿（集团）科技有限公司"


@pytest.mark.parametrize(
    "typed",
    [
        COMPANY,
        "上海前沿(集团)科技有限公司",
        "上海前沿【集团】科技有限公司",
        "上海前沿〔集团〕科技有限公司",
        "上海前沿[集团]科技有限公司",
        " 上海 前沿（集团）\u3000科技有限公司\n",
        "上海前沿（集团）科技有限公司\ufeff",
    ],
)
def test_width_brackets_and_spaces_make_no_difference(typed: str) -> None:
    assert comparable(typed) == comparable(COMPANY)


@pytest.mark.parametrize(
    "typed",
    [
        "上海前沿集团科技有限公司",
        "上海前沿（集团）科技有限责任公司",
        "上海前沿（集團）科技有限公司",
        "前沿（集团）科技有限公司",
        "上海前沿（集团）科技有限公司1",
        "上海前沿（集团）科技有限公司。",
        "",
    ],
)
def test_everything_else_makes_a_difference(typed: str) -> None:
    assert comparable(typed) != comparable(COMPANY)


def test_letters_of_either_width_are_the_same_but_case_and_dashes_are_not() -> None:
    assert comparable("ＡＢＣ－１２ 公司") == comparable("ABC-12公司")
    assert comparable("abc公司") != comparable("ABC公司")
    assert comparable("A–B公司") != comparable("A-B公司")
    assert comparable("A²公司") != comparable("A2公司")


def test_clean_takes_out_what_nothing_can_store() -> None:
    assert clean(" 王\x00小\ud800明\x1b\r\n第二行\t\x7f ") == "王小明\n第二行"
    assert clean("家\u200d庭👨\u200d👩") == "家\u200d庭👨\u200d👩"
    assert clean("\x00") == ""


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        ("大木桥路 108 号 6 楼", "大木桥路 108 号 6 楼"),
        (" 大木桥路\n108 号 ", "大木桥路 108 号"),
        ("a" * LINE_CHARS, "a" * LINE_CHARS),
        ("a" * (LINE_CHARS + 1), None),
        ("", None),
        (" \n", None),
        ("\u200b", None),
        ("。。。", None),
    ],
)
def test_a_line_of_free_text(typed: str, line: str | None) -> None:
    assert read_line(typed) == line


@given(st.text())
def test_reading_never_raises_and_what_was_read_is_read_again_as_it_is(typed: str) -> None:
    for read in (read_person_name, read_line, read_code, read_phone, read_mobile):
        found = read(typed)
        assert found is None or read(found) == found
    assert clean(clean(typed)) == clean(typed)
    clean(typed).encode()
    assert comparable(comparable(typed)) == comparable(typed)
    assert mask_phone(typed) is not None


@given(st.from_regex(r"(\+?86 ?|0086)?1[3-9][0-9]([0-9 -]{8})", fullmatch=True))
def test_a_mobile_number_is_read_the_same_again(typed: str) -> None:
    found = read_mobile(typed)
    assert found is None or (read_mobile(found) == found and found.startswith("+861"))
