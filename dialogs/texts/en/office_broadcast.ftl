# /broadcast and /remind: what an office has sent to many.

office-command-broadcast = /broadcast a message to many: /broadcast [district] [category] [status]
office-usage-broadcast =
    Usage: /broadcast [district] [category] [status]
    For example: /broadcast 浦东 专精特新 unsubmitted
    The status is none, draft, returned, submitted, unsubmitted or all. Without anything it goes to all reporters.
office-command-remind = /remind remind those who are missing: /remind [period] [district]
office-usage-remind =
    Usage: /remind [period] [district]
    For example: /remind 2026-10 浦东
    Without a period it is last month's.
broadcast-title = Message to many
remind-title = Reminder for { $period }
broadcast-whom = To: reporters ({ $where }, { $category }) whose report of { $period } is: { $status }
broadcast-whom-all = To: all reporters ({ $where }, { $category })
broadcast-any-category = any category
broadcast-unsubmitted = not submitted
broadcast-all = any
broadcast-ask = Please reply to this message with the text ({ $most } characters at most). Or choose other people first:
broadcast-long = The text has { $count } characters, which is too long. Nothing was sent.
broadcast-people = It will be sent to { $count } people.
broadcast-unreachable = { $count } more people cannot be reached now (they stopped the bot, or have no account in use).
broadcast-nobody = There is nobody to send it to. Nothing is sent.
broadcast-looks = This is what they get:
broadcast-example = (name of the enterprise)
broadcast-notice = Notice:
button-broadcast-send = Send it
button-stop = Stop
broadcast-numbers = Delivered to { $sent } people, failed for { $failed }, unknown for { $ambiguous }.
broadcast-planning = The list is being made, { $count } people wait so far.
broadcast-left = { $count } people are left.
broadcast-remaining = It will take about { $minutes } minutes more.
broadcast-stopping = It is being stopped.
broadcast-done = ✔ All was sent.
broadcast-was-stopped = It was stopped.
broadcast-failed-blocked = Failed, they stopped the bot: { $count }
broadcast-failed-gone = Failed, the account does not exist any more: { $count }
broadcast-failed-long = Failed, the text is too long: { $count }
broadcast-failed-stopped = Not sent after the stop: { $count }
broadcast-failed-other = Failed for another reason: { $count }
broadcast-ambiguous = { $count } people may have got it; it is not sent to them again.
broadcast-already-over = It was stopped, or is over.
broadcast-already-started = It was sent already, and is not sent again.
journal-broadcast-asked = a message to many, or a reminder
journal-broadcast-stopped = a message to many stopped
journal-broadcast-done = a message to many sent
