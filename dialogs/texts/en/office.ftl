# What administrators read in their chat.

role-viewer = viewer
office-link = New link to an enterprise: { $enterprise } ({ $code })
office-seat = New reporter: { $enterprise } ({ $code })
office-return = Return asked for: { $enterprise } ({ $code })
office-person = By: { $name }, { $phone }
office-return-why = Period { $period }, reason: { $reason }
office-told = The phone number is not the registered one; it was done all the same. If in doubt, please ask the enterprise.
office-decided-granted = ✔ Granted; the person was told.
office-decided-refused = ✘ Refused; the person was told.
office-decided-impossible = Things have changed; this cannot be done any more.
office-decided-already = This one was dealt with already.
office-not-yours = You are not an administrator of this chat.
office-may-not = You may look, but not act.
button-grant = Grant
button-refuse = Refuse
button-return-it = Return the report
button-not-return = Do not return

## Commands

office-help = What can be ordered in this chat:
office-unknown = There is no such command. Send /help to see those there are.
office-command-help = /help this list
office-command-return = /return return a report: /return enterprise [period] [items] reason
office-usage-help = Usage: /help
office-usage-return =
    Usage: /return enterprise [period] [items] reason
    For example: /return 91310105TB0000036W 2026-10 1,9 does not follow on from last month
    The enterprise is a code, a name or a part of one; without a period it is last month; items are numbers or names.
    Several at once: /return 2026-10 and the reason in the first line, below it one code or full name a line; or a file with this line as its caption.
office-not-asked-by-you = Only the person who asked can confirm.
office-too-late = More than ten minutes have passed. Please ask again.
office-no-enterprise = There is no such enterprise.
office-which = Several enterprises match. Which one?
office-more-matches = There are more; please be more precise.
office-match = { $name } ({ $district })
office-ask-reason = Please reply to this message with the reason.
office-return-title = Return { $period } of “{ $enterprise }” (revision { $revision })
office-return-number = Receipt number: { $number }
office-will-tell = { $reporter } will be told at once.
office-no-reporter = The enterprise has no reporter who could be told.
office-told-reporter = { $reporter } was told.
office-returned = ✔ Returned: { $period } of “{ $enterprise }”.
office-not-returnable = { $period } of “{ $enterprise }” is “{ $state }” and cannot be returned.
office-button-old = This button is out of date; nothing was changed.
button-return-sure = Return it
