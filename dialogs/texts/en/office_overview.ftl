# How a period stands, who has not submitted, an enterprise, a report: for administrators.

office-command-status = /status how a period stands: /status [period]
office-usage-status =
    Usage: /status [period]
    For example: /status 2026-10
    Without a period it is last month's.
office-command-missing = /missing who has not submitted: /missing [period] [district]
office-usage-missing =
    Usage: /missing [period] [district]
    For example: /missing 2026-10
    Without a period it is last month's.
office-command-find = /find an enterprise: /find enterprise
office-usage-find =
    Usage: /find enterprise
    For example: /find 蒲公英汽车
    The enterprise is a code or its beginning, a name or a part of it, or its initials in pinyin.
office-command-view = /view a report: /view enterprise [period] [revision]
office-usage-view =
    Usage: /view enterprise [period] [revision]
    For example: /view 蒲公英汽车 2026-10 1
    Without a period it is last month's, without a revision the newest one.
office-no-period = { $period } cannot be looked up: it is not due yet, or it has no report.
office-city = whole city

## /status

status-title = { $where }: how { $period } stands ({ $at })
status-expected = { $count } enterprises should report
status-share = { $state }: { $count } ({ $percent }%)
status-late = late: { $count } ({ $percent }%)
status-before = submitted on the same day last month: { $count } ({ $change })
status-districts = By district (submitted·draft·returned·not begun·late):
status-categories = By category:
status-sum = Sum
status-unknown = Unknown
status-row = { $name }{ $rest }
button-missing = Not submitted

## /missing

missing-title = { $period }: { $total } have not submitted (page { $page }/{ $pages })
missing-nobody = { $period }: nobody is missing.
missing-enterprise = { $number }. { $name } ({ $district })
missing-state = 　{ $state }, { $who }
missing-reporter = { $name } { $phone }
missing-no-reporter = no reporter
state-late = { $state } (late)
button-export-missing = Export to Excel
missing-file = { $period }: who has not submitted ({ $where }). It holds whole phone numbers: please do not pass it on.
missing-file-name = missing-{ $period }-{ $where }.xlsx
missing-sheet = Not submitted
missing-column-district = District
missing-column-code = Credit code
missing-column-name = Enterprise
missing-column-category = Category
missing-column-state = State
missing-column-reporter = Reporter
missing-column-mobile = Mobile
missing-column-phone = Enterprise's phone

## /find

find-several = These were found (states of { $period }):
find-name = { $number }. { $name }
find-sorted = { $district }, { $category }
find-button = { $number }. { $name }
find-heading = [{ $name }]
find-due = { $period }: { $state }
find-people = People:
find-reporter = · { $name } { $phone } (reporter since { $since })
find-associate = · { $name } { $phone }
find-year = { $year }:
find-months = { $months }: { $state }{ $late }{ $backfilled }
find-view = View { $period }
find-return = Return { $period }
find-transfer = Change reporter
button-enterprise = Enterprise

## /view

view-nothing = { $enterprise } has no report of { $period }.
view-returned = Revision { $revision } was returned at { $at }:
view-origins = Where the figures come from:
view-origin = { $origin }, { $by }, { $at }: { $labels }
view-origin-by-nobody = { $origin }, { $at }: { $labels }
view-all-indicators = all indicators
origin-typed = typed
origin-pasted = pasted or uploaded
origin-derived = derived
origin-carried = carried over
origin-imported = imported
