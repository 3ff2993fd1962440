"""What goes over the wire: JSON objects, and refusals in the words of the Bot API."""

from collections.abc import Mapping
from typing import Any, Final

Json = dict[str, Any]


class ApiError(Exception):
    """A refusal as the Bot API words it.

    Attributes:
        code: HTTP status and `error_code`.
        description: the text in the answer.
        parameters: `retry_after` or `migrate_to_chat_id`, if the refusal carries them.
    """

    def __init__(self, code: int, description: str, parameters: Mapping[str, int] | None = None) -> None:
        """Take what the answer says."""
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = dict(parameters or {})


def bad_request(reason: str) -> ApiError:
    """Return the 400 that Telegram sends for `reason`."""
    return ApiError(400, f"Bad Request: {reason}")


def flood(retry_after: int) -> ApiError:
    """Return the 429 that tells the bot to wait `retry_after` seconds."""
    return ApiError(429, f"Too Many Requests: retry after {retry_after}", {"retry_after": retry_after})


BLOCKED: Final = "Forbidden: bot was blocked by the user"
NOT_STARTED: Final = "Forbidden: bot can't initiate conversation with a user"
TERMINATED: Final = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
WEBHOOK_SET: Final = "Conflict: terminated by setWebhook request"
WEBHOOK_ACTIVE: Final = (
    "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
)
QUERY_TOO_OLD: Final = "query is too old and response timeout expired or query ID is invalid"
NOT_MODIFIED: Final = (
    "message is not modified: specified new message content and reply markup are exactly the same "
    "as a current content and reply markup of the message"
)
