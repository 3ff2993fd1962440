"""The import of the legal-entity registry: what is read, what is refused and how it is told, on both databases."""

import io
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from sqlalchemy import select

from bot import registry_file, table_file
from bot.registry_file import Imported, check, import_registry
from bot.table_file import BadTableError, Fault
from dialogs.enterprises import Registered
from dialogs.offices import CATEGORIES, DISTRICTS, district_of_code
from dialogs.people import read_code, read_phone
from storage.database import Database
from storage.registry import find_registered, import_rows
from storage.tables import audit, registry
from tests.sheets import csv_bytes, xlsx_bytes

NOW = datetime(2026, 11, 5, tzinfo=UTC)
SAMPLE = Path(registry_file.__file__).parent / "sample" / "registry.csv"
HEADER = ("统一社会信用代码", "企业名称", "法定代表人", "区", "类别", "联系电话")
A, B, C = "91310115TB000001XH", "91310104TB0000028K", "91310105TB0000036W"
LARK = Registered(A, "上海示例云雀精密机械有限公司", "赵文澜", "浦东", "专精特新", "021-55500001")
PINE = Registered(B, "上海示例松果电子元件有限公司", "钱以安")
GOOD = (LARK.code, LARK.name, LARK.representative, LARK.district, LARK.category, LARK.phone)


def read_registry(path: Path) -> list[Registered]:
    with closing(check(path)) as checked:
        return list(checked.rows())


def faults_of(path: Path) -> list[tuple[int, str, str]]:
    with pytest.raises(BadTableError) as caught:
        read_registry(path)
    assert str(caught.value).splitlines()[1:] == [str(fault) for fault in caught.value.faults]
    return [(fault.row, fault.field, fault.reason) for fault in caught.value.faults]


# What is read


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030"])
def test_csv_is_read_in_each_encoding(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(csv_bytes(HEADER, GOOD, (B, PINE.name, PINE.representative), encoding=encoding))
    assert read_registry(path) == [LARK, PINE]


@pytest.mark.parametrize("write", [csv_bytes, xlsx_bytes])
def test_columns_stand_in_any_order_and_others_are_named(tmp_path: Path, write: Callable[..., bytes]) -> None:
    path = tmp_path / "file"
    path.write_bytes(
        write(
            ("注册资本", " 法定代表人 ", "企业名称", "", "统一社会信用代码", "备注"),
            (100, PINE.representative, PINE.name, None, B, "x"),
        )
    )
    with closing(check(path)) as checked:
        assert list(checked.rows()) == [PINE]
        assert checked.ignored == ("注册资本", "备注")


def test_cells_are_read_as_people_write_them(tmp_path: Path) -> None:
    path = tmp_path / "file"
    wide = "".join(chr(ord(char) + 0xFEE0) for char in A.lower())
    path.write_bytes(
        csv_bytes(
            HEADER,
            (f" {wide} ", f"\u3000{LARK.name}\r\n", LARK.representative, "浦东新区", "专精特新", LARK.phone),
            (),
            ("", " ", "\u3000"),
            (B, PINE.name, PINE.representative, "徐汇区", "", ""),
            (C, "𠮷野示例有限公司", "欧阳·示例", "长宁"),
        )
    )
    assert read_registry(path) == [
        LARK,
        Registered(B, PINE.name, PINE.representative, "徐汇"),
        Registered(C, "𠮷野示例有限公司", "欧阳·示例", "长宁"),
    ]


def test_a_workbook_has_numbers_and_gaps(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(
        xlsx_bytes(
            HEADER,
            (A, 360, LARK.representative, None, None, 13912345678),
            (),
            (B, PINE.name, PINE.representative, None, None, 55500002.0),
        )
    )
    assert [(entry.name, entry.phone) for entry in read_registry(path)] == [
        ("360", "13912345678"),
        (PINE.name, "55500002"),
    ]


# What is refused

NO_CODE = "is not a unified social credit code (18 places, the last one checks the others)"

BAD_ROWS: dict[str, tuple[Sequence[Sequence[object]], list[tuple[int, str, str]]]] = {
    "wrong check digit": ([(f"{A[:-1]}J", "甲", "乙")], [(2, HEADER[0], f"{A[:-1]}J {NO_CODE}")]),
    "code too short": ([(A[:-1], "甲", "乙")], [(2, HEADER[0], f"{A[:-1]} {NO_CODE}")]),
    "no code": ([("", "甲", "乙")], [(2, HEADER[0], "is empty")]),
    "no name": ([(A, " ", "乙")], [(2, HEADER[1], "is empty")]),
    "no representative": ([(A, "甲")], [(2, HEADER[2], "is empty")]),
    "name too long": ([(A, "甲" * 201, "乙")], [(2, HEADER[1], "is longer than 200 characters")]),
    "representative too long": ([(A, "甲", "乙" * 81)], [(2, HEADER[2], "is longer than 80 characters")]),
    "phone too long": ([(A, "甲", "乙", "", "", "1" * 41)], [(2, HEADER[5], "is longer than 40 characters")]),
    "control character": ([(A, "甲\x07甲", "乙")], [(2, HEADER[1], "contains a control character (U+0007)")]),
    "line break within": ([(A, "甲\n甲", "乙")], [(2, HEADER[1], "contains a control character (U+000A)")]),
    "tab within": ([(A, "甲", "乙\t乙")], [(2, HEADER[2], "contains a control character (U+0009)")]),
    "zero width": ([(A, "甲\u200b甲", "乙")], [(2, HEADER[1], "contains an invisible character (U+200B)")]),
    "right to left": ([(A, "甲", "\u202e乙")], [(2, HEADER[2], "contains an invisible character (U+202E)")]),
    "line separator": ([(A, "甲\u2028甲", "乙")], [(2, HEADER[1], "contains a line break (U+2028)")]),
    "not a district": ([(A, "甲", "乙", "朝阳")], [(2, HEADER[3], "朝阳 is not a district of Shanghai")]),
    "not a category": (
        [(A, "甲", "乙", "", "大型")],
        [(2, HEADER[4], "大型 is none of 专精特新, 中小微培育, 其他")],
    ),
    "code twice": ([(A, "甲", "乙"), (B, "甲", "乙"), (A, "丙", "丁")], [(4, HEADER[0], f"{A} is in row 2 already")]),
    "shifted by a comma": (
        [(A, "甲", "乙", "", "", "", "", "1")],
        [(2, "", "has more cells than the header, which has 6")],
    ),
    "control characters only": (
        [(A, "\x02", "\x03")],
        [
            (2, HEADER[1], "contains a control character (U+0002)"),
            (2, HEADER[2], "contains a control character (U+0003)"),
        ],
    ),
    "every row and field, by the numbers of the file": (
        [(A, "甲", "乙"), (), ("x", "", "乙", "朝阳"), (B, "甲", "乙"), (C, "", "\u200e乙")],
        [
            (4, HEADER[0], f"x {NO_CODE}"),
            (4, HEADER[1], "is empty"),
            (4, HEADER[3], "朝阳 is not a district of Shanghai"),
            (6, HEADER[1], "is empty"),
            (6, HEADER[2], "contains an invisible character (U+200E)"),
        ],
    ),
}

NOT_IN_XML = ("control character", "control characters only")


@pytest.mark.parametrize("case", BAD_ROWS)
def test_bad_rows_of_a_csv_are_told(tmp_path: Path, case: str) -> None:
    rows, expected = BAD_ROWS[case]
    path = tmp_path / "file"
    path.write_bytes(csv_bytes(HEADER, *rows))
    assert faults_of(path) == expected


@pytest.mark.parametrize("case", [case for case in BAD_ROWS if case not in NOT_IN_XML])
def test_bad_rows_of_a_workbook_are_told(tmp_path: Path, case: str) -> None:
    rows, expected = BAD_ROWS[case]
    path = tmp_path / "file"
    path.write_bytes(xlsx_bytes(HEADER, *rows))
    assert faults_of(path) == expected


def test_nul_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(csv_bytes(HEADER, (A, "甲!甲", "乙")).replace(b"!", b"\0"))
    assert faults_of(path) == [(2, HEADER[1], "contains a control character (U+0000)")]


def test_cells_of_other_kinds_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(xlsx_bytes(HEADER, (913101150000000012, "#N/A", NOW.replace(tzinfo=None)), (True, "=A2", "乙")))
    assert faults_of(path) == [
        (2, HEADER[0], "is a number, of which Excel keeps 15 places: enter it as text"),
        (2, HEADER[1], "is an error value (#N/A)"),
        (2, HEADER[2], "is a datetime, not text"),
        (3, HEADER[0], "is a bool, not text"),
        (3, HEADER[1], "is empty"),
    ]


def with_entry(name: str, content: bytes) -> bytes:
    file = io.BytesIO(xlsx_bytes(HEADER, GOOD))
    with ZipFile(file, "a", ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return file.getvalue()


def with_flag() -> bytes:
    content = bytearray(xlsx_bytes(HEADER, GOOD))
    content[content.index(b"PK\x01\x02") + 8] |= 1  # "encrypted", in the directory's first entry
    return bytes(content)


BAD_FILES: dict[str, tuple[bytes, tuple[int, str, str]]] = {
    "empty": (b"", (0, "", "is empty")),
    "header only": (csv_bytes(HEADER), (0, "", "has no entries")),
    "column missing": (csv_bytes(HEADER[:2], (A, "甲")), (1, HEADER[2], "the column is missing")),
    "column twice": (
        csv_bytes((*HEADER, HEADER[3]), GOOD),
        (1, HEADER[3], "the column is there more than once"),
    ),
    "open quote": (csv_bytes(HEADER, GOOD) + b'"', (3, "", "is not CSV: unexpected end of data")),
    "cell too long": (
        csv_bytes(HEADER, ("1" * 200_000,)),
        (2, "", "is not CSV: field larger than field limit (131072)"),
    ),
    "UTF-16": (csv_bytes(HEADER, GOOD, encoding="utf-16"), (0, "", "is UTF-16: save it as CSV UTF-8")),
    "no encoding": (b"\xff\xff\xff", (0, "", "is neither UTF-8 nor GBK")),
    "old Excel": (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        (0, "", "is an old Excel file (.xls) or has a password: save it as .xlsx without one"),
    ),
    "no workbook": (b"PK\x03\x04 and so on", (0, "", "is a damaged workbook (BadZipFile)")),
    "cut off": (xlsx_bytes(HEADER, GOOD)[:-100], (0, "", "is a damaged workbook (BadZipFile)")),
    "password": (with_flag(), (0, "", "has a password")),
    "macros": (with_entry("xl/vbaProject.bin", b"x"), (0, "", "has macros: save it as .xlsx")),
    "bomb by ratio": (with_entry("x", bytes(4 << 20)), (0, "", "unpacks to more than 100 times its size")),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_bad_files_are_told(tmp_path: Path, case: str) -> None:
    content, expected = BAD_FILES[case]
    path = tmp_path / "file"
    path.write_bytes(content)
    assert faults_of(path) == [expected]


@pytest.mark.parametrize(
    ("limit", "reason"),
    [
        ("MAX_UPLOAD", "is larger than 0 MiB"),
        ("MAX_UNPACKED", "unpacks to more than 0 MiB"),
        ("MAX_ENTRIES", "has more than 8 parts"),
    ],
)
def test_a_workbook_over_a_limit_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, reason: str
) -> None:
    monkeypatch.setattr(table_file, limit, 8)
    path = tmp_path / "file"
    path.write_bytes(xlsx_bytes(HEADER, GOOD))
    assert faults_of(path) == [(0, "", reason)]


def test_lying_dimensions_and_entities_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with ZipFile(io.BytesIO(xlsx_bytes(HEADER, GOOD))) as source:
        parts = {name: source.read(name) for name in source.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    lying = parts[sheet].replace(b'ref="A1:F2"', b'ref="A1:XFD1048576"')
    assert lying != parts[sheet]
    entity = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e "boom">]>' + parts[sheet].replace(b"<v>", b"<v>&e;", 1)
    for content in (lying, entity):
        with ZipFile(path, "w", ZIP_DEFLATED) as archive:
            for name, part in (parts | {sheet: content}).items():
                archive.writestr(name, part)
        if content is lying:
            assert read_registry(path) == [LARK]
        else:
            assert faults_of(path) == [(0, "", "is a damaged workbook (EntitiesForbidden)")]


def test_of_very_many_faults_the_first_are_told_and_the_rest_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(csv_bytes(HEADER, *((f"x{number}", "甲", "乙") for number in range(1003))))
    with pytest.raises(BadTableError) as caught:
        check(path)
    assert len(caught.value.faults) == 1000
    assert str(caught.value).splitlines()[-2:] == [f"row 1001, {HEADER[0]}: x999 {NO_CODE}", "and 3 more"]


def test_faults_do_not_repeat_names_and_phones() -> None:
    fault = Fault(3, "企业名称", "is empty")
    assert str(fault) == "row 3, 企业名称: is empty"
    assert str(Fault(3, "", "has more cells")) == "row 3 has more cells"
    assert str(Fault(0, "", "is empty")) == "the file is empty"
    assert str(Fault(0, "", "is empty", "a.csv")) == "a.csv is empty"
    assert str(Fault(3, "企业名称", "is empty", "a.csv")) == "a.csv, row 3, 企业名称: is empty"


# What is imported in the end


async def entries(database: Database) -> list[Registered]:
    async with database.transaction() as tx:
        rows = await tx.run(select(registry).order_by(registry.c.code))
        return [Registered(**row) for row in rows.mappings()]


async def test_import_adds_and_updates_and_leaves_the_rest(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(csv_bytes(HEADER, GOOD, (B, "旧名", "旧人", "徐汇", "其他", "1")))
    assert await import_registry(database, path, NOW) == Imported(2, ())
    path.write_bytes(xlsx_bytes((*HEADER, "备注"), (B, PINE.name, PINE.representative), (C, "丙", "丁", "长宁")))
    assert await import_registry(database, path, NOW) == Imported(2, ("备注",))
    assert await entries(database) == [PINE, Registered(C, "丙", "丁", "长宁"), LARK]
    async with database.transaction() as tx:
        assert await find_registered(tx, A) == LARK
        assert await find_registered(tx, "9131") is None
        rows = (await tx.run(select(audit.c.action, audit.c.detail))).all()
    assert [tuple(row) for row in rows] == [("registry-imported", '{"rows":2}')] * 2


async def test_nothing_is_imported_when_the_last_row_is_bad(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    good = [(entry.code, entry.name, entry.representative) for entry in read_registry(SAMPLE)]
    path.write_bytes(csv_bytes(HEADER, *good, (A, "", "")))
    with pytest.raises(BadTableError, match="row 38, 企业名称: is empty"):
        await import_registry(database, path, NOW)
    assert await entries(database) == []


async def test_nothing_is_imported_when_the_database_fails_half_way(database: Database) -> None:
    async def run() -> None:
        def rows() -> Iterator[Registered]:
            for number in range(3000):
                yield Registered(f"{number:018}", "甲", "乙")
            raise sqlite3.OperationalError

        async with database.transaction() as tx:
            await import_rows(tx, rows())

    with pytest.raises(sqlite3.OperationalError):
        await run()
    assert await entries(database) == []


async def test_more_rows_than_a_chunk_are_imported(database: Database) -> None:
    rows = [Registered(f"{number:018}", "甲", "乙") for number in range(2500)]
    async with database.transaction() as tx:
        assert await import_rows(tx, rows) == len(rows)
        assert await import_rows(tx, []) == 0
    assert await entries(database) == rows


def test_the_sample_is_complete_and_invented() -> None:
    sample = read_registry(SAMPLE)
    assert {entry.district for entry in sample} == set(DISTRICTS)
    assert {entry.category for entry in sample} == set(CATEGORIES)
    assert len({entry.name for entry in sample}) == len({entry.representative for entry in sample}) == len(sample)
    for entry in sample:
        assert "示例" in entry.name
        assert read_code(entry.code) == entry.code
        assert district_of_code(entry.code) == entry.district
        assert entry.phone.startswith("021-5550")
        assert read_phone(entry.phone)
