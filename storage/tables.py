"""The tables. What must never happen is forbidden here, by unique indexes, foreign keys and triggers, not by code.

Columns that say whom a row belongs to (`enterprise_id`) and which month it is about (`period`) are on every row that
has them: scopes and later partitions hang on them. The triggers are in the migrations.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy import text as sql

# The migrations take their names from here, too: a convention that is in use does not change.
metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Moment(TypeDecorator[datetime]):
    """An instant. Stored in UTC, given back aware; a naive datetime is refused, as SQLite would lose what it meant."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Return the instant in UTC.

        Raises:
            ValueError: it has no time zone.
        """
        if value is None:
            return None
        if value.tzinfo is None:
            message = "a moment needs a time zone"
            raise ValueError(message)
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Return the instant as an aware datetime in UTC."""
        return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


Key = BigInteger().with_variant(Integer, "sqlite")


def _id() -> Column[int]:
    return Column("id", Key, primary_key=True, autoincrement=True)


def _now(name: str) -> Column[datetime]:
    return Column(name, Moment, nullable=False)


person = Table(
    "person",
    metadata,
    _id(),
    Column("phone", String(20), nullable=True, unique=True, comment="null once the account was closed"),
    Column("name", String(40), nullable=False, server_default=""),
    _now("created_at"),
)

account = Table(
    "account",
    metadata,
    Column("channel", String(16), nullable=False),
    Column("user", String(80), nullable=False),
    Column("person_id", ForeignKey("person.id"), nullable=False, index=True),
    _now("bound_at"),
    Column("blocked_at", Moment, nullable=True, comment="messages do not arrive since then; null again when one comes"),
    PrimaryKeyConstraint("channel", "user"),
)

session = Table(
    "session",
    metadata,
    Column("channel", String(16), nullable=False),
    Column("chat", String(80), nullable=False),
    Column("language", String(8), nullable=False),
    Column("focus", Text, nullable=False),
    Column("page", Integer, nullable=False),
    PrimaryKeyConstraint("channel", "chat"),
)

registry = Table(
    "registry",
    metadata,
    Column("code", String(18), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("representative", String(80), nullable=False),
    Column("district", String(16), nullable=False, server_default=""),
    Column("category", String(16), nullable=False, server_default=""),
    Column("phone", String(40), nullable=False, server_default=""),
)

enterprise = Table(
    "enterprise",
    metadata,
    _id(),
    Column("code", String(18), nullable=False, unique=True),
    Column("name", String(200), nullable=False),
    Column("district", String(16), nullable=False),
    Column("category", String(16), nullable=False),
    Column("address", String(200), nullable=False),
    Column("phone", String(40), nullable=False),
    _now("created_at"),
    Column("initials", String(200), nullable=False, server_default="", comment="of the name in pinyin, for searching"),
    Index("ix_enterprise_district", "district", "name", "id"),
)

link = Table(
    "link",
    metadata,
    Column("enterprise_id", ForeignKey("enterprise.id"), nullable=False),
    Column("person_id", ForeignKey("person.id"), nullable=False, index=True),
    _now("linked_at"),
    Column("until", Moment, nullable=True),
    PrimaryKeyConstraint("enterprise_id", "person_id"),
)

seat = Table(
    "seat",
    metadata,
    _id(),
    Column("enterprise_id", Key, nullable=False),
    Column("person_id", Key, nullable=False),
    _now("since"),
    Column("until", Moment, nullable=True),
    ForeignKeyConstraint(["enterprise_id", "person_id"], ["link.enterprise_id", "link.person_id"]),
    Index(
        "uq_seat_active",
        "enterprise_id",
        unique=True,
        sqlite_where=sql("until IS NULL"),
        postgresql_where=sql("until IS NULL"),
    ),
    Index("ix_seat_person_id", "person_id"),
)

PERIOD = String(7)

report = Table(
    "report",
    metadata,
    Column("enterprise_id", ForeignKey("enterprise.id"), nullable=False),
    Column("period", PERIOD, nullable=False),
    Column("form", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("content", Text, nullable=False),
    _now("changed_at"),
    PrimaryKeyConstraint("enterprise_id", "period"),
    CheckConstraint("state IN ('draft', 'submitted', 'returned')", name="state"),
    Index("ix_report_period", "period", "state", "enterprise_id"),
)

submission = Table(
    "submission",
    metadata,
    Column("number", String(24), primary_key=True),
    Column("enterprise_id", Key, nullable=False),
    Column("period", PERIOD, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("follows", Integer, nullable=True, comment="the returned revision that this one takes the place of"),
    Column("person_id", ForeignKey("person.id"), nullable=True, comment="null: imported, from before this program"),
    Column("content", LargeBinary, nullable=False),
    Column("digest", String(64), nullable=False),
    _now("submitted_at"),
    UniqueConstraint("enterprise_id", "period", "revision"),
    ForeignKeyConstraint(["enterprise_id", "period"], ["report.enterprise_id", "report.period"]),
    ForeignKeyConstraint(
        ["enterprise_id", "period", "follows"],
        ["return.enterprise_id", "return.period", "return.revision"],
        use_alter=True,
    ),
    CheckConstraint(
        "(revision = 1 AND follows IS NULL) OR (revision > 1 AND follows IS NOT NULL AND follows = revision - 1)",
        name="follows",
    ),
    Index("ix_submission_period", "period", "revision", "enterprise_id", "submitted_at", "person_id"),
)

return_ = Table(
    "return",
    metadata,
    Column("enterprise_id", Key, nullable=False),
    Column("period", PERIOD, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("items", Text, nullable=False),
    Column("returned_by", String(80), nullable=False),
    _now("returned_at"),
    PrimaryKeyConstraint("enterprise_id", "period", "revision"),
    ForeignKeyConstraint(
        ["enterprise_id", "period", "revision"],
        ["submission.enterprise_id", "submission.period", "submission.revision"],
    ),
)

reminder = Table(
    "reminder",
    metadata,
    Column("enterprise_id", ForeignKey("enterprise.id"), nullable=False),
    Column("period", PERIOD, nullable=False),
    Column("rule", String(40), nullable=False),
    Column("slot", String(40), nullable=False),
    Column("outbox_id", Key, nullable=True, index=True),
    PrimaryKeyConstraint("enterprise_id", "period", "rule", "slot"),
)

inbox = Table(
    "inbox",
    metadata,
    _id(),
    Column("channel", String(16), nullable=False),
    Column("bot", String(24), nullable=False),
    Column("update", String(80), nullable=False),
    Column("chat", String(80), nullable=False),
    Column("payload", Text, nullable=False),
    Column("state", String(8), nullable=False),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("lease_until", Moment, nullable=True),
    Column("outcome", String(200), nullable=False, server_default=""),
    _now("received_at"),
    UniqueConstraint("channel", "bot", "update"),
    CheckConstraint("state IN ('new', 'done', 'dead')", name="state"),
    Index("ix_inbox_new", "id", sqlite_where=sql("state = 'new'"), postgresql_where=sql("state = 'new'")),
    Index("ix_inbox_received_at", "received_at"),
    Index("ix_inbox_chat", "channel", "chat", "id"),
    sqlite_autoincrement=True,  # ids of deleted rows do not come back: audit rows and old buttons name them
)

_WAITING = sql("state IN ('new', 'sending')")

outbox = Table(
    "outbox",
    metadata,
    _id(),
    Column("channel", String(16), nullable=False),
    Column("bot", String(24), nullable=False),
    Column("chat", String(80), nullable=False),
    Column("kind", String(8), nullable=False),
    Column("key", String(120), nullable=True, unique=True),
    Column("enterprise_id", Key, nullable=True),
    Column("person_id", Key, nullable=True),
    Column("page", Integer, nullable=False, server_default="0"),
    Column("body", Text, nullable=False),
    Column("state", String(9), nullable=False),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("owner", String(32), nullable=True),
    Column("lease_until", Moment, nullable=True),
    Column("not_before", Moment, nullable=True),
    Column("message", String(40), nullable=True),
    Column("error", String(200), nullable=True),
    _now("created_at"),
    Column("sent_at", Moment, nullable=True),
    Column("broadcast_id", Key, nullable=True),
    Column("useful_until", Moment, nullable=True, comment="not sent any more after that"),
    CheckConstraint("kind IN ('reply', 'receipt', 'reminder')", name="kind"),
    CheckConstraint("state IN ('new', 'sending', 'sent', 'failed', 'ambiguous')", name="state"),
    Index(
        "ix_outbox_waiting",
        *("channel", "bot", "kind", "chat", "id"),
        sqlite_where=_WAITING,
        postgresql_where=_WAITING,
    ),
    Index("ix_outbox_chat", "channel", "chat", "id"),
    Index(
        "ix_outbox_broadcast_id",
        "broadcast_id",
        sqlite_where=sql("broadcast_id IS NOT NULL"),
        postgresql_where=sql("broadcast_id IS NOT NULL"),
    ),
    sqlite_autoincrement=True,
)

audit = Table(
    "audit",
    metadata,
    _id(),
    _now("at"),
    Column("person_id", Key, nullable=True, comment="who; null is the operator or the system itself"),
    Column("inbox_id", Key, nullable=True, comment="the message that caused it"),
    Column("enterprise_id", Key, nullable=True),
    Column("period", PERIOD, nullable=True),
    Column("action", String(40), nullable=False),
    Column("detail", Text, nullable=False),
    Column("actor", String(80), nullable=True, comment="an administrator, as channel:user"),
    Column("chat", String(80), nullable=True, comment="the admin chat in which it was done"),
    Index("ix_audit_enterprise_id_period", "enterprise_id", "period", "id"),
    Index("ix_audit_person_id_action", "person_id", "action", "at"),
)

sign_in = Table(
    "sign_in",
    metadata,
    Column("user", String(80), primary_key=True),
    Column("phone", String(20), nullable=False),
    Column("code_hash", String(64), nullable=False),
    Column("tries", Integer, nullable=False),
    Column("expires_at", Moment, nullable=False),
)

comparison = Table(
    "comparison",
    metadata,
    _id(),
    Column("code", String(18), nullable=False),
    Column("person_id", ForeignKey("person.id"), nullable=False),
    _now("failed_at"),
    Index("ix_comparison_person_id_failed_at", "person_id", "failed_at"),
    Index("ix_comparison_code_failed_at", "code", "failed_at"),
    Index("ix_comparison_failed_at", "failed_at"),
)

_OPEN = sql("state = 'open'")

request = Table(
    "request",
    metadata,
    _id(),
    Column("kind", String(8), nullable=False),
    Column("subject", String(120), nullable=False, comment="what it is about; asked once at a time"),
    Column("district", String(16), nullable=False),
    Column("enterprise_id", ForeignKey("enterprise.id"), nullable=True, comment="null: it is there once granted"),
    Column("person_id", ForeignKey("person.id"), nullable=False),
    Column("period", PERIOD, nullable=True),
    Column("detail", Text, nullable=False),
    Column("state", String(9), nullable=False),
    _now("asked_at"),
    Column("decided_at", Moment, nullable=True),
    Column("decided_by", String(80), nullable=True),
    CheckConstraint("kind IN ('link', 'seat', 'return')", name="kind"),
    CheckConstraint("state IN ('open', 'granted', 'refused', 'withdrawn')", name="state"),
    Index("uq_request_open", "subject", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
    Index("ix_request_person_id", "person_id"),
    Index("ix_request_enterprise_id", "enterprise_id"),
)

invitation = Table(
    "invitation",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("enterprise_id", ForeignKey("enterprise.id"), nullable=False, index=True),
    Column("phone", String(20), nullable=False),
    Column("made_by", String(80), nullable=False),
    _now("made_at"),
    _now("expires_at"),
    Column("used_at", Moment, nullable=True),
)

moved_chat = Table(
    "moved_chat",
    metadata,
    Column("channel", String(16), nullable=False),
    Column("chat", String(80), nullable=False),
    Column("now", String(80), nullable=False),
    PrimaryKeyConstraint("channel", "chat"),
)

audit_seal = Table(
    "audit_seal",
    metadata,
    _id(),
    _now("at"),
    Column(
        "last",
        Key,
        nullable=False,
        comment="the newest audit row that it covers; the first one follows the seal before",
    ),
    Column("rows", Integer, nullable=False),
    Column("digest", String(64), nullable=False, comment="of the seal before and all rows"),
    UniqueConstraint("last"),
)

calendar_day = Table(
    "calendar_day",
    metadata,
    Column("day", Date, primary_key=True),
    Column("works", Boolean, nullable=False),
    Column("name", String(40), nullable=False, server_default="", comment="of the holiday that made it so"),
    Column("notice", Integer, nullable=True, comment="the year whose notice an operator imported; null: the package's"),
)

pace = Table(
    "pace",
    metadata,
    Column("channel", String(16), nullable=False),
    Column("bot", String(24), nullable=False),
    Column("shares", Text, nullable=False, comment="which process may send how much, until when"),
    Column("free_at", Moment, nullable=True, comment="from when on what nobody has may be given away"),
    Column("paused_until", Moment, nullable=True, comment="no reminders before"),
    PrimaryKeyConstraint("channel", "bot"),
)

hush = Table(
    "hush",
    metadata,
    Column("person_id", ForeignKey("person.id"), nullable=False),
    Column("period", PERIOD, nullable=False),
    Column("until", Moment, nullable=True, comment="null: no more about this period"),
    PrimaryKeyConstraint("person_id", "period"),
)

broadcast = Table(
    "broadcast",
    metadata,
    _id(),
    Column("kind", String(9), nullable=False),
    Column("period", PERIOD, nullable=False),
    _now("closes"),
    Column("district", String(16), nullable=True, comment="null: the whole city"),
    Column("category", String(16), nullable=False, comment="empty: all of them"),
    Column("status", String(11), nullable=False),
    Column("words", Text, nullable=False),
    Column("channel", String(16), nullable=False),
    Column("bot", String(24), nullable=False),
    Column("chat", String(80), nullable=False, comment="the admin chat in which it was asked for"),
    Column("message", String(40), nullable=False, comment="the one there that shows how far it is"),
    Column("asked_by", String(80), nullable=False),
    _now("asked_at"),
    Column("state", String(8), nullable=False),
    Column("cursor", Key, nullable=False, server_default="0", comment="the last person planned"),
    Column("planned", Integer, nullable=False, server_default="0"),
    Column("told_id", Key, nullable=True, comment="the newest message in the outbox about how far it is"),
    _now("told_at"),
    Column("ended_at", Moment, nullable=True),
    # However often the button below what was shown is pressed, it is sent once.
    UniqueConstraint("channel", "chat", "message"),
    CheckConstraint("kind IN ('broadcast', 'remind')", name="kind"),
    CheckConstraint("state IN ('planning', 'sending', 'stopped', 'done')", name="state"),
    CheckConstraint("state <> 'done' OR ended_at IS NOT NULL", name="ended_at"),
)

Row = dict[str, Any]
