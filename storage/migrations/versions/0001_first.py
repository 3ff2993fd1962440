"""The first schema: all tables, and the triggers that keep what has been filed as it was filed."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = sa.DateTime(timezone=True)
_PERIOD = sa.String(7)

_SEAT_CHANGED = (
    "OLD.until IS NOT NULL OR NEW.until IS NULL OR OLD.id <> NEW.id OR OLD.enterprise_id <> NEW.enterprise_id"
    " OR OLD.person_id <> NEW.person_id OR OLD.since <> NEW.since"
)
_REFUSED = (
    ("submission", "UPDATE", "", "a submission is never changed"),
    ("submission", "DELETE", "", "a submission is never deleted"),
    ("return", "UPDATE", "", "a return is never changed"),
    ("return", "DELETE", "", "a return is never deleted"),
    ("audit", "UPDATE", "", "an audit row is never changed"),
    ("audit", "DELETE", "", "an audit row is never deleted"),
    ("seat", "UPDATE", _SEAT_CHANGED, "a seat is ended once and not changed otherwise"),
    ("seat", "DELETE", "", "a seat is ended, never deleted"),
    ("report", "DELETE", "", "a report is never deleted"),
)
"""Table, statement, condition (empty: always) and what the database says to it."""


def upgrade() -> None:
    """Make the tables, then the triggers."""
    _people()
    _reports()
    _messages()
    if op.get_bind().dialect.name == "postgresql":
        _refuse_on_postgresql()
    else:
        for table, statement, condition, words in _REFUSED:
            op.execute(
                f'CREATE TRIGGER {table}_{statement.lower()} BEFORE {statement} ON "{table}" FOR EACH ROW'
                f"{condition and f' WHEN {condition}'} BEGIN SELECT RAISE(ABORT, '{words}'); END"
            )


def downgrade() -> None:
    """Drop everything; triggers go with their tables."""
    postgresql = op.get_bind().dialect.name == "postgresql"
    if postgresql:
        op.drop_constraint("fk_submission_enterprise_id_period_follows", "submission")
    for tables in ("sign_in audit outbox inbox", "reminder return submission report", "seat link enterprise registry"):
        for table in tables.split():
            op.drop_table(table)
    for table in ("session", "account", "person"):
        op.drop_table(table)
    if postgresql:
        op.execute("DROP FUNCTION refuse")


def _refuse_on_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION USING MESSAGE = TG_ARGV[0], ERRCODE = 'restrict_violation'; END $$"
    )
    for table, statement, condition, words in _REFUSED:
        op.execute(
            f'CREATE TRIGGER {table}_{statement.lower()} BEFORE {statement} ON "{table}" FOR EACH ROW'
            f"{condition and f' WHEN ({condition})'} EXECUTE FUNCTION refuse('{words}')"
        )
        if statement == "DELETE":
            op.execute(
                f'CREATE TRIGGER {table}_truncate BEFORE TRUNCATE ON "{table}" FOR EACH STATEMENT'
                f" EXECUTE FUNCTION refuse('{words}')"
            )


def _people() -> None:
    op.create_table(
        "person",
        sa.Column("id", _KEY, primary_key=True, autoincrement=True),
        sa.Column("phone", sa.String(20), nullable=False, unique=True),
        sa.Column("name", sa.String(40), nullable=False, server_default=""),
        sa.Column("created_at", _MOMENT, nullable=False),
    )
    op.create_table(
        "account",
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("user", sa.String(80), nullable=False),
        sa.Column("person_id", _KEY, sa.ForeignKey("person.id"), nullable=False, index=True),
        sa.Column("bound_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("channel", "user"),
    )
    op.create_table(
        "session",
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("chat", sa.String(80), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("focus", sa.Text(), nullable=False),
        sa.Column("page", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("channel", "chat"),
    )
    op.create_table(
        "registry",
        sa.Column("code", sa.String(18), primary_key=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("representative", sa.String(80), nullable=False),
        sa.Column("district", sa.String(16), nullable=False, server_default=""),
        sa.Column("category", sa.String(16), nullable=False, server_default=""),
        sa.Column("phone", sa.String(40), nullable=False, server_default=""),
    )
    op.create_table(
        "enterprise",
        sa.Column("id", _KEY, primary_key=True, autoincrement=True),
        sa.Column("code", sa.String(18), nullable=False, unique=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("district", sa.String(16), nullable=False, index=True),
        sa.Column("category", sa.String(16), nullable=False),
        sa.Column("address", sa.String(200), nullable=False),
        sa.Column("phone", sa.String(40), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
    )
    op.create_table(
        "link",
        sa.Column("enterprise_id", _KEY, sa.ForeignKey("enterprise.id"), nullable=False),
        sa.Column("person_id", _KEY, sa.ForeignKey("person.id"), nullable=False, index=True),
        sa.Column("linked_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("enterprise_id", "person_id"),
    )
    op.create_table(
        "seat",
        sa.Column("id", _KEY, primary_key=True, autoincrement=True),
        sa.Column("enterprise_id", _KEY, nullable=False),
        sa.Column("person_id", _KEY, nullable=False),
        sa.Column("since", _MOMENT, nullable=False),
        sa.Column("until", _MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["enterprise_id", "person_id"], ["link.enterprise_id", "link.person_id"]),
    )
    active = sa.text("until IS NULL")
    op.create_index(
        "uq_seat_active", "seat", ["enterprise_id"], unique=True, sqlite_where=active, postgresql_where=active
    )
    op.create_index("ix_seat_person_id", "seat", ["person_id"])


def _reports() -> None:
    op.create_table(
        "report",
        sa.Column("enterprise_id", _KEY, sa.ForeignKey("enterprise.id"), nullable=False),
        sa.Column("period", _PERIOD, nullable=False),
        sa.Column("form", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("changed_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("enterprise_id", "period"),
        sa.CheckConstraint("state IN ('draft', 'submitted', 'returned')", name="state"),
    )
    op.create_index("ix_report_period_state", "report", ["period", "state"])
    returned = ["return.enterprise_id", "return.period", "return.revision"]
    op.create_table(
        "submission",
        sa.Column("number", sa.String(24), primary_key=True),
        sa.Column("enterprise_id", _KEY, nullable=False),
        sa.Column("period", _PERIOD, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column(
            "follows", sa.Integer(), nullable=True, comment="the returned revision that this one takes the place of"
        ),
        sa.Column("person_id", _KEY, sa.ForeignKey("person.id"), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("submitted_at", _MOMENT, nullable=False),
        sa.UniqueConstraint("enterprise_id", "period", "revision"),
        sa.ForeignKeyConstraint(["enterprise_id", "period"], ["report.enterprise_id", "report.period"]),
        # SQLite takes it here, before there are returns; it cannot be added to a table later.
        sa.ForeignKeyConstraint(["enterprise_id", "period", "follows"], returned, use_alter=True),
        sa.CheckConstraint(
            "(revision = 1 AND follows IS NULL) OR (revision > 1 AND follows IS NOT NULL AND follows = revision - 1)",
            name="follows",
        ),
    )
    op.create_table(
        "return",
        sa.Column("enterprise_id", _KEY, nullable=False),
        sa.Column("period", _PERIOD, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("items", sa.Text(), nullable=False),
        sa.Column("returned_by", sa.String(80), nullable=False),
        sa.Column("returned_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("enterprise_id", "period", "revision"),
        sa.ForeignKeyConstraint(
            ["enterprise_id", "period", "revision"],
            ["submission.enterprise_id", "submission.period", "submission.revision"],
        ),
    )
    if op.get_bind().dialect.name == "postgresql":
        columns = ["enterprise_id", "period", "follows"]
        op.create_foreign_key(
            "fk_submission_enterprise_id_period_follows",
            "submission",
            "return",
            columns,
            ["enterprise_id", "period", "revision"],
        )
    op.create_table(
        "reminder",
        sa.Column("enterprise_id", _KEY, sa.ForeignKey("enterprise.id"), nullable=False),
        sa.Column("period", _PERIOD, nullable=False),
        sa.Column("rule", sa.String(40), nullable=False),
        sa.Column("slot", sa.String(40), nullable=False),
        sa.Column("outbox_id", _KEY, nullable=True),
        sa.PrimaryKeyConstraint("enterprise_id", "period", "rule", "slot"),
    )


def _messages() -> None:
    op.create_table(
        "inbox",
        sa.Column("id", _KEY, primary_key=True, autoincrement=True),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("bot", sa.String(24), nullable=False),
        sa.Column("update", sa.String(80), nullable=False),
        sa.Column("chat", sa.String(80), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("lease_until", _MOMENT, nullable=True),
        sa.Column("outcome", sa.String(200), nullable=False, server_default=""),
        sa.Column("received_at", _MOMENT, nullable=False),
        sa.UniqueConstraint("channel", "bot", "update"),
        sa.CheckConstraint("state IN ('new', 'done', 'dead')", name="state"),
        sqlite_autoincrement=True,
    )
    new = sa.text("state = 'new'")
    op.create_index("ix_inbox_new", "inbox", ["id"], sqlite_where=new, postgresql_where=new)
    op.create_index("ix_inbox_received_at", "inbox", ["received_at"])
    op.create_index("ix_inbox_chat", "inbox", ["channel", "chat", "id"])
    op.create_table(
        "outbox",
        sa.Column("id", _KEY, primary_key=True, autoincrement=True),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("bot", sa.String(24), nullable=False),
        sa.Column("chat", sa.String(80), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("key", sa.String(120), nullable=True, unique=True),
        sa.Column("enterprise_id", _KEY, nullable=True),
        sa.Column("person_id", _KEY, nullable=True),
        sa.Column("page", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.String(9), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("owner", sa.String(32), nullable=True),
        sa.Column("lease_until", _MOMENT, nullable=True),
        sa.Column("not_before", _MOMENT, nullable=True),
        sa.Column("message", sa.String(40), nullable=True),
        sa.Column("error", sa.String(200), nullable=True),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("sent_at", _MOMENT, nullable=True),
        sa.CheckConstraint("kind IN ('reply', 'receipt', 'reminder')", name="kind"),
        sa.CheckConstraint("state IN ('new', 'sending', 'sent', 'failed', 'ambiguous')", name="state"),
        sqlite_autoincrement=True,
    )
    waiting = sa.text("state IN ('new', 'sending')")
    op.create_index(
        "ix_outbox_waiting",
        "outbox",
        ["channel", "bot", "chat", "id"],
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
    op.create_index("ix_outbox_chat", "outbox", ["channel", "chat", "id"])
    op.create_table(
        "audit",
        sa.Column("id", _KEY, primary_key=True, autoincrement=True),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("person_id", _KEY, nullable=True, comment="who; null is the operator or the system itself"),
        sa.Column("inbox_id", _KEY, nullable=True, comment="the message that caused it"),
        sa.Column("enterprise_id", _KEY, nullable=True),
        sa.Column("period", _PERIOD, nullable=True),
        sa.Column("action", sa.String(40), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
    )
    op.create_index("ix_audit_enterprise_id_period", "audit", ["enterprise_id", "period", "id"])
    op.create_index("ix_audit_person_id_action", "audit", ["person_id", "action", "at"])
    op.create_table(
        "sign_in",
        sa.Column("user", sa.String(80), primary_key=True),
        sa.Column("phone", sa.String(20), nullable=False),
        sa.Column("code_hash", sa.String(64), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=False),
    )
