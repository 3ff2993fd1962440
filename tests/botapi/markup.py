"""Keyboards as the Bot API takes them, or refuses them."""

from typing import Any, Final

import orjson

from tests.botapi.wire import Json, bad_request

_DATA_BYTES: Final = 64
_INLINE_BUTTONS: Final = 100
_REPLY_BUTTONS: Final = 300
_MARKUP_BYTES: Final = 10_240
_INLINE_ACTIONS: Final = frozenset(
    {
        *("url", "callback_data", "web_app", "login_url", "copy_text", "callback_game", "pay"),
        *("switch_inline_query", "switch_inline_query_current_chat", "switch_inline_query_chosen_chat"),
    }
)
_PRIVATE_ONLY: Final = {
    "request_contact": "phone number can be requested in private chats only",
    "request_location": "location can be requested in private chats only",
    "request_poll": "poll can be requested in private chats only",
}


def read(value: object, *, private: bool, inline_only: bool = False) -> Json:
    """Check a `reply_markup` and return it as an object, empty if there is none.

    Args:
        value: the parameter: absent, a JSON text, or (in a JSON body) an object.
        private: whether the chat is one with a single person.
        inline_only: whether only buttons below the message are possible, as when editing.

    Raises:
        ApiError: As the Bot API would refuse it.
    """
    if value is None or value == "":
        return {}
    value = _object(value)
    if "inline_keyboard" in value:
        rows = _rows(value, "inline_keyboard", _INLINE_BUTTONS)
        if sum(_inline(button) for row in rows for button in row) > _MARKUP_BYTES:
            raise bad_request("reply markup is too long")
        return {"inline_keyboard": rows} if rows else {}
    if inline_only:
        raise bad_request("inline keyboard expected")
    if "keyboard" in value:
        rows = _rows(value, "keyboard", _REPLY_BUTTONS)
        return {**value, "keyboard": [[_reply(button, private=private) for button in row] for row in rows]}
    if value.get("remove_keyboard") or value.get("force_reply"):
        return value
    return {}


def _object(value: object) -> Json:
    if isinstance(value, str):
        try:
            value = orjson.loads(value)
        except orjson.JSONDecodeError as error:
            raise bad_request("can't parse reply keyboard markup JSON object") from error
    if not isinstance(value, dict):
        raise bad_request("object expected as reply markup")
    return value


def _rows(value: Json, field: str, most: int) -> list[list[Any]]:
    rows = value[field]
    if not isinstance(rows, list):
        raise bad_request(f'field "{field}" must be of type Array')
    for row in rows:
        if not isinstance(row, list):
            raise bad_request(f'field "{field}" must be an Array of Arrays')
    if sum(map(len, rows)) > most:
        raise bad_request("reply markup is too long")
    return [row for row in rows if row]


def _inline(button: object) -> int:
    """Check one inline button and return about how many bytes it takes."""
    if not isinstance(button, dict):
        raise bad_request("InlineKeyboardButton must be an Object")
    text = _text(button, "can't parse inline keyboard button: ")
    if not text.strip():
        raise bad_request("inline keyboard button text must be non-empty")
    data = button.get("callback_data")
    if data is None:
        if not _INLINE_ACTIONS.intersection(button):
            raise bad_request("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
        return len(text.encode())
    if not isinstance(data, str):
        raise bad_request('can\'t parse inline keyboard button: Field "callback_data" must be of type String')
    size = len(data.encode())
    if not 0 < size <= _DATA_BYTES:
        raise bad_request("BUTTON_DATA_INVALID")
    return size + len(text.encode())


def _reply(button: object, *, private: bool) -> Json:
    if isinstance(button, str):
        button = {"text": button}
    if not isinstance(button, dict):
        raise bad_request("KeyboardButton must be an Object")
    if not _text(button, "can't parse keyboard button: ").strip():
        raise bad_request("keyboard button text must be non-empty")
    if not private:
        for field, refusal in _PRIVATE_ONLY.items():
            if button.get(field):
                raise bad_request(refusal)
    return button


def _text(button: Json, prefix: str) -> str:
    if "text" not in button:
        raise bad_request(f'{prefix}Can\'t find field "text"')
    text = button["text"]
    if not isinstance(text, str):
        raise bad_request(f'{prefix}Field "text" must be of type String')
    return text
