"""The settings: read from the environment and from a file `.env`, checked before anything starts."""

from datetime import datetime
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from dialogs.office.authority import CITY, is_scope
from dialogs.offices import DISTRICTS

DRIVERS = ("sqlite+aiosqlite", "postgresql+asyncpg")
PREFIX = "TIANBAO_"
FREE_OF_CHARGE = 30
"""How many messages a second Telegram lets a bot send that does not pay for more."""


class SettingsError(Exception):
    """A setting is wrong or missing; the message is one line that names it."""


class AdminChat(BaseModel):
    """A group in which administrators work, what it may see, and who may act or only look in it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    chat: int
    scope: str
    admins: tuple[int, ...]
    viewers: tuple[int, ...] = ()
    channel: str = "telegram"

    @field_validator("scope")
    @classmethod
    def _known(cls, scope: str) -> str:
        if not is_scope(scope):
            message = f"{scope!r} is neither {CITY!r} nor one of {' '.join(DISTRICTS)}"
            raise ValueError(message)
        return scope


class Settings(BaseSettings):
    """All settings, each as `TIANBAO_` and its name in capitals.

    Args:
        database_url: of SQLAlchemy; SQLite in the data folder when left out.
        telegram_token: of the bot; no Telegram without it.
        telegram_api_url: root of a Bot API server, with the methods at `/bot<token>/<method>`.
        telegram_mode: how updates come in.
        sends_per_second: how many messages the bot may send, all processes together; 0 for no limits of any kind.
        webhook_url, webhook_secret: where Telegram delivers to, and what it shows as proof; for the mode `webhook`.
        http_host, http_port: where this program listens.
        admin_chats: JSON list of `{"chat": id, "scope": "city" or a district, "admins": [ids of persons], "viewers":
            [ids]}`, in the messenger's own numbers.
        claim_approval: an office must agree to each link and claim of somebody whose number is not the registered one.
        offices: a YAML file of whom to call, like `dialogs/offices.yaml`; that one when left out.
        data_dir: where files are kept.
        log_level: of the program's own log.
        clock_start: rehearsals only: what time it is to be at the start; refused with Telegram's own servers.
        lease_seconds: how long a message belongs to one process; after a crash its messages wait that long.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_file=".env", extra="ignore", frozen=True)

    database_url: str = ""
    telegram_token: SecretStr = SecretStr("")
    telegram_api_url: str = "https://api.telegram.org"
    telegram_mode: Literal["polling", "webhook"] = "polling"
    sends_per_second: int | None = Field(default=None, ge=0, le=1000)
    webhook_url: str = ""
    webhook_secret: SecretStr = SecretStr("")
    http_host: str = "127.0.0.1"
    http_port: int = Field(default=8080, ge=0, le=65535)
    admin_chats: tuple[AdminChat, ...] = ()
    claim_approval: bool = False
    offices: Path | None = None
    data_dir: Path = Path("data")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    clock_start: AwareDatetime | None = None
    lease_seconds: float = Field(default=15.0, gt=0)

    @field_validator("database_url")
    @classmethod
    def _served(cls, url: str) -> str:
        if url and url.partition("://")[0] not in DRIVERS:
            raise ValueError(f"must begin with {' or '.join(f'{driver}://' for driver in DRIVERS)}")
        return url

    @model_validator(mode="after")
    def _together(self) -> Self:
        token = self.telegram_token.get_secret_value()
        if token and not token.partition(":")[0].isdecimal():
            message = "TIANBAO_TELEGRAM_TOKEN does not look like a token (digits, a colon, letters)"
            raise ValueError(message)
        if token and self.telegram_mode == "webhook":
            if urlsplit(self.webhook_url).scheme not in ("http", "https"):
                message = "TIANBAO_WEBHOOK_URL must be the address at which Telegram delivers, as the mode is webhook"
                raise ValueError(message)
            if not self.webhook_secret.get_secret_value():
                message = "TIANBAO_WEBHOOK_SECRET is missing, as the mode is webhook"
                raise ValueError(message)
        if self.clock_start and token and self._with_telegram:
            message = "TIANBAO_CLOCK_START is for rehearsals and is refused with Telegram's own servers"
            raise ValueError(message)
        return self

    @property
    def _with_telegram(self) -> bool:
        """Whether the Bot API server is one of Telegram's own."""
        return urlsplit(self.telegram_api_url).hostname == "api.telegram.org"

    @property
    def pace(self) -> int:
        """How many messages a second the bot may send; 0 for no limits."""
        if self.sends_per_second is None:
            return FREE_OF_CHARGE if self._with_telegram else 0
        return self.sends_per_second

    @property
    def database(self) -> str:
        """The address of the database."""
        return self.database_url or f"sqlite+aiosqlite:///{self.data_dir / 'tianbao.db'}"

    @property
    def start(self) -> datetime | None:
        """The time it is to be at the start, None for the machine's own."""
        return self.clock_start


def read_settings() -> Settings:
    """Read the settings.

    Raises:
        SettingsError: one is wrong or missing; one line, without the value of a secret.
    """
    try:
        return Settings()
    except ValidationError as error:
        fault = error.errors(include_input=False, include_url=False)[0]
        name = PREFIX + ".".join(str(part) for part in fault["loc"]).upper() if fault["loc"] else ""
        what = fault["msg"].removeprefix("Value error, ")
        raise SettingsError(f"{name}: {what}" if name else what) from None
    except ValueError as error:
        # pydantic-settings wraps JSON that cannot be read in an error of its own.
        raise SettingsError(f"{error}".splitlines()[0]) from None
