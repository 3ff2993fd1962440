# Orders of administrators: seats, invitations, returns of many, the journal.

## /transfer

office-command-transfer = /transfer change the reporter: /transfer enterprise [mobile number or name of the new one]
office-usage-transfer =
    Usage: /transfer enterprise [mobile number or name of the new reporter]
    Example: /transfer 91310105TB0000036W 13800138000
    The enterprise may be a code, a name or a part of it; without a new reporter you choose from the associates.
office-transfer-title = Change the reporter of “{ $enterprise }”
office-reporter-now = Present reporter: { $reporter }
office-reporter-new = New reporter: { $reporter }　{ $phone }
office-seat-free = Present reporter: none
office-is-reporter = { $reporter } already is the reporter of “{ $enterprise }”.
office-no-such-colleague = None of the associates has this mobile number or name.
office-ask-colleague = Please choose the new reporter:
office-how-to-link = The new reporter has to link the enterprise first: verify the mobile number here, then “关联企业” → “增加关联企业”. You can also send an invitation.
office-ask-invited = To invite somebody, please reply to this message with the mobile number.
office-draft-moves = The reports not submitted yet ({ $periods }) go on with the new reporter; what was entered is kept.
office-no-draft = No report is waiting to be submitted.
office-will-tell-both = It takes effect at once when you confirm, and both are told.
office-will-tell-new = It takes effect at once when you confirm, and the new reporter is told.
office-moved = ✔ The reporter of “{ $enterprise }” now is { $reporter }.
office-told-both = That person and the former reporter { $former } were told.
office-told-new = That person was told.
office-not-moved = The reporter or the associates of “{ $enterprise }” have just changed; nothing was moved. Please start again.
button-move-seat = Move the seat
button-move-seat-to = Change the reporter
button-invite = Invite

## /invite

office-command-invite = /invite invite a reporter: /invite enterprise mobile-number
office-usage-invite =
    Usage: /invite enterprise mobile-number
    Example: /invite 91310105TB0000036W 13800138000
    The enterprise may be a code, a name or a part of it; one that nobody has linked yet is named by its code.
office-invite-title = Invite a reporter: { $enterprise } ({ $code })
office-invited-phone = Mobile number: { $phone }
office-not-mobile = This is no mobile number of mainland China.
office-invite-good = The link is good for seven days and once, for whoever has verified this number.
office-invite-taken = The present reporter is { $reporter }. Whoever accepts becomes an associate; use /transfer to change the reporter.
office-invite-again = The link that was made for this number before ends at the same time.
office-invite-registry = Nobody has linked this enterprise yet; it will be set up as registered.
office-invite-linked = The owner of this number is linked to the enterprise already and needs no invitation.
office-invite-full = The enterprise has { $most } invitations that are not used. Please wait until they are used or expire.
office-invited = ✔ The invitation of { $phone } to “{ $enterprise }”:
office-invited-until = Good until { $until }, and once.
office-invited-say = Please pass it on to that person only, who opens it, presses Start, verifies the mobile number and accepts.
button-make-invitation = Make the link

## /return for several

office-returns-title = Return of several reports, { $period }
office-returns-ready = To be returned ({ $count }): { $names }{ $more }
office-returns-others = Not submitted, not returned: { $count }
office-returns-unknown = Not found, or more than one of that name: { $count } ({ $names }{ $more })
office-and-more = …
office-returns-none = There is no report to return.
office-returns-many = At most { $most } can be returned at once; please do it in parts.
office-will-tell-all = The reporters will be told at once.
office-returns-done = ✔ Returned for { $period }: { $count }. The reporters were told.
office-returns-left = { $count } had changed meanwhile and were not returned.
office-returns-none-left = None of these reports is submitted any more; nothing was returned.
office-file-large = The file is too large. Please keep one column with the credit codes, at most 2 MB.
office-file-gone = The file is not there any more; please send it again.
office-file-later = The file cannot be fetched now; please send it again later.
office-file-bad = The file cannot be read. Please send .xlsx, .csv or .txt with the credit codes in the first column.
office-file-empty = No enterprise is in the file. Please write the credit codes into the first column, one a row.
button-return-all = Return all of them
return-reason-figures = The figures do not fit those of last month or last year; please check.
return-reason-unit = The unit of an amount may be wrong (10,000 yuan is right); please check.
return-reason-missing = Some indicators are missing; please complete.

## /audit

office-command-audit = /audit who did what: /audit enterprise [period]
office-usage-audit =
    Usage: /audit enterprise [period]
    Example: /audit 91310105TB0000036W 2026-10
    The enterprise may be a code, a name or a part of it; without a period it is everything.
journal-title = What was done for “{ $enterprise }”, newest first:
journal-title-period = What was done for “{ $enterprise }”, { $period }, newest first:
journal-empty = Nothing is recorded.
journal-line = { $when }　{ $who }　{ $what }
journal-times = { $what } × { $times }
journal-of = { $what } ({ $period })
journal-from = { $what }, by { $where }
journal-web = web
journal-center = the admin chat of the service centre
journal-office = the admin chat of { $scope }
journal-administrator = administrator { $account }
journal-system = system
journal-gone = a closed account
button-newer = Newer
button-older = Older
journal-other = something else
journal-phone-verified = verified the mobile number
journal-phone-changed = changed the mobile number
journal-name-set = gave a name
journal-account-closed = closed the account
journal-compare-failed = comparison with the registry failed
journal-linked = linked the enterprise
journal-unlinked = ended the link
journal-link-asked = asked for a link
journal-link-granted = granted a link
journal-link-refused = refused a link
journal-seat-taken = became the reporter
journal-seat-asked = asked for the seat
journal-seat-granted = granted the seat
journal-seat-refused = refused the seat
journal-seat-transferred = moved the seat
journal-invited = made an invitation
journal-invitation-used = accepted an invitation
journal-report = filled in
journal-submitted = submitted
journal-return-asked = asked for a return
journal-return-refused = refused a return
journal-returned = returned
journal-missing-exported = exported who is missing
journal-exported = exported figures
journal-registry-imported = imported the registry
journal-calendar-imported = imported a year's working days
journal-enterprise-imported = set up the enterprise from the registry
journal-report-imported = imported an earlier report
journal-history-imported = imported earlier reports
