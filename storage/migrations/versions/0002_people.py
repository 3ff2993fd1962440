"""People come and go: ended links, requests, invitations; imported submissions; seals over the audit."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from pypinyin import Style, lazy_pinyin

revision = "0002"
down_revision = "0001"

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = sa.DateTime(timezone=True)
_PERIOD = sa.String(7)

_REFUSED = (
    ("submission", "UPDATE", "a submission is never changed"),
    ("submission", "DELETE", "a submission is never deleted"),
)
"""What making a table of SQLite anew takes off it, from the first migration."""
_SEALED = (
    ("audit_seal", "UPDATE", "a seal is never changed"),
    ("audit_seal", "DELETE", "a seal is never deleted"),
)
_LINK_WORDS = "who holds the seat stays linked"
_SEAT_WORDS = "only who is linked can hold the seat"
_HOLDS = (
    "SELECT 1 FROM seat WHERE seat.enterprise_id = NEW.enterprise_id"
    " AND seat.person_id = NEW.person_id AND seat.until IS NULL"
)
_LINKED = (
    "SELECT 1 FROM link WHERE link.enterprise_id = NEW.enterprise_id"
    " AND link.person_id = NEW.person_id AND link.until IS NULL"
)

_LISTS = (
    ("ix_enterprise_district", "enterprise"),
    ("ix_report_period", "report"),
    ("ix_submission_period", "submission"),
)
"""What administrators' lists of a period hang on."""


def upgrade() -> None:
    """Add what is new, and allow what had been forbidden."""
    op.add_column("link", sa.Column("until", _MOMENT, nullable=True))
    op.add_column("audit", sa.Column("actor", sa.String(80), comment="an administrator, as channel:user"))
    op.add_column("audit", sa.Column("chat", sa.String(80), comment="the admin chat in which it was done"))
    initials = sa.Column(
        "initials",
        sa.String(200),
        nullable=False,
        server_default="",
        comment="of the name in pinyin, for searching",
    )
    op.add_column("enterprise", initials)
    _write_initials()
    _let_be_null("person", "phone", sa.String(20), "null once the account was closed")
    _let_be_null("submission", "person_id", _KEY, "null: imported, from before this program")
    _make_tables()
    _change_indexes()
    if op.get_bind().dialect.name == "postgresql":
        _guard_on_postgresql()
    else:
        _guard_on_sqlite(*_REFUSED, *_SEALED)
        for table, statement, condition, words in (
            ("link", "UPDATE", f"NEW.until IS NOT NULL AND EXISTS ({_HOLDS})", _LINK_WORDS),
            ("seat", "INSERT", f"NEW.until IS NULL AND NOT EXISTS ({_LINKED})", _SEAT_WORDS),
        ):
            op.execute(
                f'CREATE TRIGGER {table}_held BEFORE {statement} ON "{table}" FOR EACH ROW WHEN {condition}'
                f" BEGIN SELECT RAISE(ABORT, '{words}'); END"
            )


def downgrade() -> None:
    """Take back what was added. Persons without a phone and submissions without a person must not be there."""
    postgresql = op.get_bind().dialect.name == "postgresql"
    for table in ("link", "seat"):
        op.execute(f"DROP TRIGGER {table}_held" + (f' ON "{table}"' if postgresql else ""))
    if postgresql:
        op.execute("DROP FUNCTION refuse_held")
    for index, table in _LISTS:
        op.drop_index(index, table)
    op.create_index("ix_enterprise_district", "enterprise", ["district"])
    op.create_index("ix_report_period_state", "report", ["period", "state"])
    for table in ("audit_seal", "moved_chat", "invitation", "request", "comparison"):
        op.drop_table(table)
    for table, column, kind in (("person", "phone", sa.String(20)), ("submission", "person_id", _KEY)):
        with op.batch_alter_table(table) as batch:
            batch.alter_column(column, existing_type=kind, nullable=False, comment=None)
    if not postgresql:
        _guard_on_sqlite(*_REFUSED)
    for table, column in (("enterprise", "initials"), ("audit", "chat"), ("audit", "actor"), ("link", "until")):
        op.drop_column(table, column)


def _change_indexes() -> None:
    """Put wider indexes in the place of two, so that a report costs no more to write, and one on the submissions."""
    op.drop_index("ix_enterprise_district", "enterprise")
    op.drop_index("ix_report_period_state", "report")
    op.create_index("ix_enterprise_district", "enterprise", ["district", "name", "id"])
    op.create_index("ix_report_period", "report", ["period", "state", "enterprise_id"])
    columns = ["period", "revision", "enterprise_id", "submitted_at", "person_id"]
    op.create_index("ix_submission_period", "submission", columns)


def _write_initials() -> None:
    rows = op.get_bind().execute(sa.text("SELECT id, name FROM enterprise")).all()
    for number, name in rows:
        initials = "".join(lazy_pinyin(name, style=Style.FIRST_LETTER)).lower()[:200]
        op.get_bind().execute(
            sa.text("UPDATE enterprise SET initials = :initials WHERE id = :number"),
            {"initials": initials, "number": number},
        )


def _let_be_null(table: str, column: str, kind: "sa.types.TypeEngine[Any]", comment: str) -> None:
    with op.batch_alter_table(table) as batch:
        batch.alter_column(column, existing_type=kind, nullable=True, comment=comment)


def _guard_on_sqlite(*refused: tuple[str, str, str]) -> None:
    for table, statement, words in refused:
        op.execute(
            f'CREATE TRIGGER {table}_{statement.lower()} BEFORE {statement} ON "{table}" FOR EACH ROW'
            f" BEGIN SELECT RAISE(ABORT, '{words}'); END"
        )


def _guard_on_postgresql() -> None:
    for table, statement, words in _SEALED:
        op.execute(
            f'CREATE TRIGGER {table}_{statement.lower()} BEFORE {statement} ON "{table}" FOR EACH ROW'
            f" EXECUTE FUNCTION refuse('{words}')"
        )
    op.execute(
        f"CREATE TRIGGER audit_seal_truncate BEFORE TRUNCATE ON audit_seal FOR EACH STATEMENT"
        f" EXECUTE FUNCTION refuse('{_SEALED[1][2]}')"
    )
    # A condition of a trigger cannot look into another table here.
    op.execute(
        "CREATE FUNCTION refuse_held() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF TG_TABLE_NAME = 'link' THEN IF EXISTS ({_HOLDS}) THEN "
        f"RAISE EXCEPTION USING MESSAGE = '{_LINK_WORDS}', ERRCODE = 'restrict_violation'; END IF; "
        f"ELSIF NOT EXISTS ({_LINKED}) THEN "
        f"RAISE EXCEPTION USING MESSAGE = '{_SEAT_WORDS}', ERRCODE = 'restrict_violation'; END IF; "
        "RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER link_held BEFORE UPDATE ON link FOR EACH ROW WHEN (NEW.until IS NOT NULL)"
        " EXECUTE FUNCTION refuse_held()"
    )
    op.execute(
        "CREATE TRIGGER seat_held BEFORE INSERT ON seat FOR EACH ROW WHEN (NEW.until IS NULL)"
        " EXECUTE FUNCTION refuse_held()"
    )


def _make_tables() -> None:
    op.create_table(
        "comparison",
        sa.Column("id", _KEY, primary_key=True, autoincrement=True),
        sa.Column("code", sa.String(18), nullable=False),
        sa.Column("person_id", _KEY, sa.ForeignKey("person.id"), nullable=False),
        sa.Column("failed_at", _MOMENT, nullable=False),
    )
    op.create_index("ix_comparison_person_id_failed_at", "comparison", ["person_id", "failed_at"])
    op.create_index("ix_comparison_code_failed_at", "comparison", ["code", "failed_at"])
    op.create_index("ix_comparison_failed_at", "comparison", ["failed_at"])
    op.create_table(
        "request",
        sa.Column("id", _KEY, primary_key=True, autoincrement=True),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("subject", sa.String(120), nullable=False, comment="what it is about; asked once at a time"),
        sa.Column("district", sa.String(16), nullable=False),
        sa.Column(
            "enterprise_id",
            _KEY,
            sa.ForeignKey("enterprise.id"),
            nullable=True,
            comment="null: it is there once granted",
        ),
        sa.Column("person_id", _KEY, sa.ForeignKey("person.id"), nullable=False),
        sa.Column("period", _PERIOD, nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("state", sa.String(9), nullable=False),
        sa.Column("asked_at", _MOMENT, nullable=False),
        sa.Column("decided_at", _MOMENT, nullable=True),
        sa.Column("decided_by", sa.String(80), nullable=True),
        sa.CheckConstraint("kind IN ('link', 'seat', 'return')", name="kind"),
        sa.CheckConstraint("state IN ('open', 'granted', 'refused', 'withdrawn')", name="state"),
    )
    is_open = sa.text("state = 'open'")
    op.create_index(
        "uq_request_open", "request", ["subject"], unique=True, sqlite_where=is_open, postgresql_where=is_open
    )
    op.create_index("ix_request_person_id", "request", ["person_id"])
    op.create_index("ix_request_enterprise_id", "request", ["enterprise_id"])
    op.create_table(
        "invitation",
        sa.Column("token_hash", sa.String(64), primary_key=True),
        sa.Column("enterprise_id", _KEY, sa.ForeignKey("enterprise.id"), nullable=False, index=True),
        sa.Column("phone", sa.String(20), nullable=False),
        sa.Column("made_by", sa.String(80), nullable=False),
        sa.Column("made_at", _MOMENT, nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.Column("used_at", _MOMENT, nullable=True),
    )
    op.create_table(
        "moved_chat",
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("chat", sa.String(80), nullable=False),
        sa.Column("now", sa.String(80), nullable=False),
        sa.PrimaryKeyConstraint("channel", "chat"),
    )
    op.create_table(
        "audit_seal",
        sa.Column("id", _KEY, primary_key=True, autoincrement=True),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column(
            "last",
            _KEY,
            nullable=False,
            comment="the newest audit row that it covers; the first one follows the seal before",
        ),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False, comment="of the seal before and all rows"),
        sa.UniqueConstraint("last"),
    )
