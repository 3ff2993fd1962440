"""What happens without being asked: the calendar, the pace of sending, who wants none of it, who is out of reach."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the tables and the column. The days are put into the calendar by every upgrade, see `storage.upgrade`."""
    comment = "messages do not arrive since then; null again when one comes"
    op.add_column("account", sa.Column("blocked_at", _MOMENT, nullable=True, comment=comment))
    op.create_table(
        "calendar_day",
        sa.Column("day", sa.Date(), primary_key=True),
        sa.Column("works", sa.Boolean(), nullable=False),
        sa.Column("name", sa.String(40), nullable=False, server_default="", comment="of the holiday that made it so"),
        sa.Column(
            "notice",
            sa.Integer(),
            nullable=True,
            comment="the year whose notice an operator imported; null: the package's",
        ),
    )
    op.create_table(
        "pace",
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("bot", sa.String(24), nullable=False),
        sa.Column("shares", sa.Text(), nullable=False, comment="which process may send how much, until when"),
        sa.Column("free_at", _MOMENT, nullable=True, comment="from when on what nobody has may be given away"),
        sa.Column("paused_until", _MOMENT, nullable=True, comment="no reminders before"),
        sa.PrimaryKeyConstraint("channel", "bot"),
    )
    op.create_table(
        "hush",
        sa.Column("person_id", _KEY, sa.ForeignKey("person.id"), nullable=False),
        sa.Column("period", sa.String(7), nullable=False),
        sa.Column("until", _MOMENT, nullable=True, comment="null: no more about this period"),
        sa.PrimaryKeyConstraint("person_id", "period"),
    )
    op.create_table(
        "broadcast",
        sa.Column("id", _KEY, primary_key=True, autoincrement=True),
        sa.Column("kind", sa.String(9), nullable=False),
        sa.Column("period", sa.String(7), nullable=False),
        sa.Column("closes", _MOMENT, nullable=False),
        sa.Column("district", sa.String(16), nullable=True, comment="null: the whole city"),
        sa.Column("category", sa.String(16), nullable=False, comment="empty: all of them"),
        sa.Column("status", sa.String(11), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("bot", sa.String(24), nullable=False),
        sa.Column("chat", sa.String(80), nullable=False, comment="the admin chat in which it was asked for"),
        sa.Column("message", sa.String(40), nullable=False, comment="the one there that shows how far it is"),
        sa.Column("asked_by", sa.String(80), nullable=False),
        sa.Column("asked_at", _MOMENT, nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("cursor", _KEY, nullable=False, server_default="0", comment="the last person planned"),
        sa.Column("planned", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("told_id", _KEY, nullable=True, comment="the newest message in the outbox about how far it is"),
        sa.Column("told_at", _MOMENT, nullable=False),
        sa.Column("ended_at", _MOMENT, nullable=True),
        sa.UniqueConstraint("channel", "chat", "message"),
        sa.CheckConstraint("kind IN ('broadcast', 'remind')", name="kind"),
        sa.CheckConstraint("state IN ('planning', 'sending', 'stopped', 'done')", name="state"),
        sa.CheckConstraint("state <> 'done' OR ended_at IS NOT NULL", name="ended_at"),
    )
    op.add_column("outbox", sa.Column("broadcast_id", _KEY, nullable=True))
    op.add_column("outbox", sa.Column("useful_until", _MOMENT, nullable=True, comment="not sent any more after that"))
    op.create_index("ix_reminder_outbox_id", "reminder", ["outbox_id"])
    ours = sa.text("broadcast_id IS NOT NULL")
    op.create_index("ix_outbox_broadcast_id", "outbox", ["broadcast_id"], sqlite_where=ours, postgresql_where=ours)
    _index_waiting("channel", "bot", "kind", "chat", "id")


def downgrade() -> None:
    """Take back what was added."""
    _index_waiting("channel", "bot", "chat", "id")
    op.drop_index("ix_outbox_broadcast_id", table_name="outbox")
    op.drop_index("ix_reminder_outbox_id", table_name="reminder")
    op.drop_column("outbox", "useful_until")
    op.drop_column("outbox", "broadcast_id")
    for table in ("broadcast", "hush", "pace", "calendar_day"):
        op.drop_table(table)
    op.drop_column("account", "blocked_at")


def _index_waiting(*columns: str) -> None:
    """Make the index of the messages that wait anew: a broadcast must not be looked through for a reply."""
    waiting = sa.text("state IN ('new', 'sending')")
    op.drop_index("ix_outbox_waiting", table_name="outbox")
    op.create_index("ix_outbox_waiting", "outbox", [*columns], sqlite_where=waiting, postgresql_where=waiting)
