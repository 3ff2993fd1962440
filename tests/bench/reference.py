"""The bot to compare with: what one writes after reading the library's examples, and nothing done badly on purpose.

python-telegram-bot with its own transport and `run_polling`, a `ConversationHandler` with a state for each item of the
form, updates one after the other as that handler needs it, SQLAlchemy's ORM on aiosqlite with one commit a step,
durable before the answer.
"""

import argparse
import hashlib
import warnings
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

from sqlalchemy import ForeignKey, event, func, select
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.ext import (
    Application,
    CallbackQueryHandler,
    CommandHandler,
    ContextTypes,
    ConversationHandler,
    MessageHandler,
    filters,
)
from telegram.warnings import PTBUserWarning

from dialogs.form import Form, Indicator, Question
from tests.bench.plan import CONFIRM, PERIOD, RECEIPT, SUBMIT, enterprise, form_in_force, reporter

Context: TypeAlias = ContextTypes.DEFAULT_TYPE
Rows: TypeAlias = list[list[InlineKeyboardButton]]


class Base(DeclarativeBase):
    """What the tables have in common."""


class Reporter(Base):
    """Somebody who may report, and for which enterprise."""

    __tablename__ = "reporter"
    user: Mapped[int] = mapped_column(primary_key=True)
    enterprise: Mapped[str]


class Report(Base):
    """A report of one enterprise for one period."""

    __tablename__ = "report"
    id: Mapped[int] = mapped_column(primary_key=True)
    user: Mapped[int] = mapped_column(ForeignKey("reporter.user"), index=True)
    period: Mapped[str]
    state: Mapped[str]
    number: Mapped[str | None]
    submitted_at: Mapped[datetime | None]
    answers: Mapped[list["Answer"]] = relationship(lazy="selectin")


class Answer(Base):
    """What was answered for one item."""

    __tablename__ = "answer"
    report_id: Mapped[int] = mapped_column(ForeignKey("report.id"), primary_key=True)
    item: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]
    saved_at: Mapped[datetime]


def open_database(path: Path) -> AsyncEngine:
    """Return the engine, set to be as durable as the bot under test."""
    engine = create_async_engine(f"sqlite+aiosqlite:///{path}")

    def prepare(connection: DBAPIConnection, _record: object) -> None:
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    event.listen(engine.sync_engine, "connect", prepare)
    return engine


async def seed(path: Path, reporters: int) -> None:
    """Make the tables and the reporters."""
    engine = open_database(path)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with async_sessionmaker(engine).begin() as session:
        session.add_all(Reporter(user=reporter(number), enterprise=enterprise(number)) for number in range(reporters))
    await engine.dispose()


async def complete_reports(path: Path) -> list[tuple[int, int]]:
    """Return for each submitted report whose it is, and how many answers it has."""
    engine = open_database(path)
    async with async_sessionmaker(engine)() as session:
        counted = select(Report.user, func.count()).join(Answer).where(Report.state == "submitted").group_by(Report.id)
        rows = [(user, count) for user, count in await session.execute(counted)]
    await engine.dispose()
    return rows


class Bot:
    """The handlers. Which report a person is at is kept in `user_data`, the answers are in the database."""

    def __init__(self, engine: AsyncEngine, form: Form) -> None:
        """Take the open database and the form."""
        self._sessions = async_sessionmaker(engine, expire_on_commit=False)
        self._form = form
        self._items = form.items_in(PERIOD.month)

    def conversation(self) -> "ConversationHandler[Context]":
        """Return the handler of the whole conversation: a state for each item, the review, the confirmation."""
        texts = filters.TEXT & ~filters.COMMAND
        states: dict[object, list[Any]] = {}
        for at, item in enumerate(self._items):
            if isinstance(item, Indicator):
                states[at] = [MessageHandler(texts, partial(self._figures, at, item))]
            else:
                states[at] = [CallbackQueryHandler(partial(self._option, at, item), pattern="^option:")]
        review, confirm = len(self._items), len(self._items) + 1
        states[review] = [CallbackQueryHandler(self._ask_to_confirm, pattern="^submit$")]
        states[confirm] = [CallbackQueryHandler(self._submit, pattern="^confirm$")]
        fallbacks: list[Any] = [
            CallbackQueryHandler(self._back, pattern="^back:"),
            CallbackQueryHandler(self._pause, pattern="^pause$"),
            CommandHandler("cancel", self._pause),
        ]
        entry: list[Any] = [CommandHandler("report", self._open)]
        return ConversationHandler(entry, states, fallbacks, allow_reentry=True)

    async def start(self, update: Update, _: Context) -> None:
        """Say hello."""
        await _reply(update, "您好，这里是“填报助手”。/report 开始填报。", [])

    # ---- the conversation

    async def _open(self, update: Update, context: Context) -> int:
        user = update.effective_user
        async with self._sessions.begin() as session:
            known = await session.get(Reporter, user.id) if user else None
            if known is None:
                await _reply(update, "您还不是填报员。", [])
                return ConversationHandler.END
            wanted = select(Report).where(Report.user == known.user, Report.period == str(PERIOD))
            report = await session.scalar(wanted)
            if report is None:
                report = Report(user=known.user, period=str(PERIOD), state="draft", answers=[])
                session.add(report)
                await session.flush()
        if report.state == "submitted":
            await _reply(update, "本期报表已提交。", [])
            return ConversationHandler.END
        data = _user_data(context)
        data["report"], data["enterprise"] = report.id, known.enterprise
        heading = f"【{known.enterprise}】{self._form.title} {PERIOD} 期\n共 {len(self._items)} 项。\n\n"
        return await self._ask(update, 0, heading)

    async def _figures(self, at: int, item: Indicator, update: Update, context: Context) -> int:
        typed = (update.message and update.message.text) or ""
        try:
            figures = [float(part) for part in typed.split()]
        except ValueError:
            figures = []
        if len(figures) != len(item.measures):
            return await self._ask(update, at, f"请回复 {len(item.measures)} 个数。\n\n")
        unit = self._form.unit_of[item.id]
        shown = "，".join(
            f"{self._form.measure[name].label} {figure:,.{unit.decimals}f}"
            for name, figure in zip(item.measures, figures, strict=True)
        )
        await self._save(context, item, typed)
        return await self._ask(update, at + 1, f"✔ 已存「{item.label}」{shown}（{unit.label}）\n\n")

    async def _option(self, at: int, item: Question, update: Update, context: Context) -> int:
        chosen = await _pressed(update)
        option = self._form.option[item.id, chosen]
        await self._save(context, item, option.id)
        label = self._form.option_label(option, PERIOD)
        return await self._ask(update, at + 1, f"✔ 已存「{item.label}」{label}\n\n", context)

    async def _back(self, update: Update, context: Context) -> int:
        return await self._ask(update, max(int(await _pressed(update)) - 1, 0), "", context)

    async def _pause(self, update: Update, _: Context) -> int:
        if update.callback_query:
            await update.callback_query.answer()
        await _reply(update, "已暂存。/report 继续。", [])
        return ConversationHandler.END

    async def _ask_to_confirm(self, update: Update, context: Context) -> int:
        await _pressed(update)
        title = f"【{_user_data(context)['enterprise']}】{self._form.title} {PERIOD} 期"
        rows = [[InlineKeyboardButton(CONFIRM, callback_data="confirm")]]
        await _reply(update, f"{title}\n提交后不可修改；确需修改时，须联系服务中心退回。现在提交吗？", rows)
        return len(self._items) + 1

    async def _submit(self, update: Update, context: Context) -> int:
        await _pressed(update)
        async with self._sessions.begin() as session:
            report = await session.get_one(Report, _user_data(context)["report"])
            content = ";".join(f"{answer.item}={answer.value}" for answer in report.answers)
            digest = hashlib.sha256(f"{report.user}{report.period}{content}".encode()).hexdigest()
            report.state, report.number, report.submitted_at = "submitted", digest[:12].upper(), datetime.now(UTC)
        title = f"【{_user_data(context)['enterprise']}】{self._form.title} {PERIOD} 期"
        lines = (f"✔ {RECEIPT}", title, f"回执号：{digest[:12].upper()}", f"内容摘要：{digest}", "请保存本回执。")
        await _reply(update, "\n".join((*lines, "", self._form.confidentiality)), [])
        return ConversationHandler.END

    # ---- the parts of it

    async def _save(self, context: Context, item: Indicator | Question, value: str) -> None:
        async with self._sessions.begin() as session:
            report: int = _user_data(context)["report"]
            await session.merge(Answer(report_id=report, item=item.id, value=value, saved_at=datetime.now(UTC)))

    async def _ask(self, update: Update, at: int, above: str, context: Context | None = None) -> int:
        """Ask for an item, or show the review after the last; return the state that follows."""
        if at == len(self._items):
            return await self._review(update, above, context)
        item = self._items[at]
        need = "必填" if item.required else "选填"
        rows: Rows = []
        if isinstance(item, Indicator):
            labels = "、".join(self._form.measure[name].label for name in item.measures)
            unit = self._form.unit_of[item.id].label
            heading = f"【{at + 1}/{len(self._items)}】{item.label}　单位：{unit}　{need}"
            text = f"{heading}\n请按顺序回复 {len(item.measures)} 个数，用空格隔开：{labels}"
        else:
            text = f"【{at + 1}/{len(self._items)}】{item.label}　{need}\n{item.help}".rstrip()
            for option in item.options:
                label = self._form.option_label(option, PERIOD)
                rows.append([InlineKeyboardButton(label, callback_data=f"option:{option.id}")])
        back = [InlineKeyboardButton("上一项", callback_data=f"back:{at}")] if at else []
        rows.append([*back, InlineKeyboardButton("暂存", callback_data="pause")])
        await _reply(update, above + text, rows)
        return at

    async def _review(self, update: Update, above: str, context: Context | None) -> int:
        async with self._sessions() as session:
            report = await session.get_one(Report, _user_data(context)["report"] if context else 0)
        answers = {answer.item: answer.value for answer in report.answers}
        lines = [
            f"{number}. {item.label}：{answers.get(item.id, '未填')}" for number, item in enumerate(self._items, 1)
        ]
        rows = [[InlineKeyboardButton(SUBMIT, callback_data="submit")]]
        await _reply(update, above + "\n".join((*lines, "", "请核对以上内容，无误后提交。")), rows)
        return len(self._items)


def _user_data(context: Context) -> dict[Any, Any]:
    if context.user_data is None:
        raise LookupError
    return context.user_data


async def _pressed(update: Update) -> str:
    """Stop the waiting sign on the button, and return what stands behind the colon of its data."""
    query = update.callback_query
    if query is None:
        return ""
    await query.answer()
    return (query.data or "").partition(":")[2]


async def _reply(update: Update, text: str, rows: Rows) -> None:
    if update.effective_chat:
        await update.effective_chat.send_message(text, reply_markup=InlineKeyboardMarkup(rows) if rows else None)


def main() -> None:
    """Run the bot until it is told to stop."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.reference", description=__doc__)
    parser.add_argument("--api", required=True, help="root of the Bot API")
    parser.add_argument("--token", required=True)
    parser.add_argument("--database", required=True, type=Path)
    chosen = parser.parse_args()
    # It would say that presses are told apart by person and not by message, which is what is wanted.
    warnings.filterwarnings("ignore", category=PTBUserWarning)
    engine = open_database(chosen.database)
    bot = Bot(engine, form_in_force())

    async def close(_: object) -> None:
        await engine.dispose()

    application = Application.builder().token(chosen.token).base_url(f"{chosen.api}/bot").post_shutdown(close).build()
    application.add_handler(CommandHandler("start", bot.start))
    application.add_handler(bot.conversation())
    application.run_polling()


if __name__ == "__main__":
    main()
