"""A wrong or missing setting stops the start with one clear line that names it and holds no secret."""

from pathlib import Path

import pytest

from bot.settings import SettingsError, read_settings

TOKEN = {"TIANBAO_TELEGRAM_TOKEN": "123:secret-part"}
WEBHOOK = TOKEN | {"TIANBAO_TELEGRAM_MODE": "webhook"}


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("environment", "line"),
    [
        ({"TIANBAO_HTTP_PORT": "http"}, "TIANBAO_HTTP_PORT: Input should be a valid integer"),
        ({"TIANBAO_HTTP_PORT": "70000"}, "TIANBAO_HTTP_PORT: Input should be less than or equal to 65535"),
        ({"TIANBAO_TELEGRAM_MODE": "push"}, "TIANBAO_TELEGRAM_MODE: Input should be 'polling' or 'webhook'"),
        ({"TIANBAO_TELEGRAM_TOKEN": "secret-part"}, "TIANBAO_TELEGRAM_TOKEN does not look like a token"),
        (WEBHOOK, "TIANBAO_WEBHOOK_URL must be the address"),
        (WEBHOOK | {"TIANBAO_WEBHOOK_URL": "ftp://x"}, "TIANBAO_WEBHOOK_URL must be the address"),
        (WEBHOOK | {"TIANBAO_WEBHOOK_URL": "https://x/y"}, "TIANBAO_WEBHOOK_SECRET is missing"),
        ({"TIANBAO_ADMIN_CHATS": "-100123"}, "TIANBAO_ADMIN_CHATS: Input should be a valid tuple"),
        ({"TIANBAO_ADMIN_CHATS": "[{"}, "error parsing value for field"),
        (
            {"TIANBAO_ADMIN_CHATS": '[{"chat": -1, "scope": "火星", "admins": []}]'},
            "TIANBAO_ADMIN_CHATS.0.SCOPE: '火星'",
        ),
        ({"TIANBAO_ADMIN_CHATS": '[{"chat": -1, "scope": "city"}]'}, "TIANBAO_ADMIN_CHATS.0.ADMINS: Field required"),
        ({"TIANBAO_CLOCK_START": "2021-02-05T10:00"}, "TIANBAO_CLOCK_START: Input should have timezone info"),
        (TOKEN | {"TIANBAO_CLOCK_START": "2021-02-05T10:00+08:00"}, "TIANBAO_CLOCK_START is for rehearsals"),
        ({"TIANBAO_LEASE_SECONDS": "0"}, "TIANBAO_LEASE_SECONDS: Input should be greater than 0"),
    ],
)
def test_a_wrong_setting_is_one_line(environment: dict[str, str], line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as refused:
        read_settings()
    assert line in str(refused.value)
    assert "\n" not in str(refused.value)
    assert "secret-part" not in str(refused.value)


def test_everything_can_be_left_out(tmp_path: Path) -> None:
    settings = read_settings()
    assert settings.database == "sqlite+aiosqlite:///data/tianbao.db"
    assert settings.telegram_mode == "polling"
    assert not (tmp_path / "data").exists()


def test_a_file_is_read_and_the_environment_counts_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("TIANBAO_HTTP_PORT=9001\nTIANBAO_DATA_DIR=here\n", encoding="utf-8")
    monkeypatch.setenv("TIANBAO_HTTP_PORT", "9002")
    settings = read_settings()
    assert (settings.http_port, settings.data_dir) == (9002, Path("here"))


def test_admin_chats_are_read_with_their_scope(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(
        "TIANBAO_ADMIN_CHATS",
        '[{"chat": -1001, "scope": "city", "admins": [1, 2]}, {"chat": -1002, "scope": "浦东", "admins": [3]}]',
    )
    city, district = read_settings().admin_chats
    assert (city.chat, city.scope, city.admins) == (-1001, "city", (1, 2))
    assert (district.chat, district.scope, district.admins) == (-1002, "浦东", (3,))
