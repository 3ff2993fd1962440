# What was filed: the list of a year, a report with its revisions, the year side by side.

button-history = Report list
button-year = Year preview
button-year-before = Year before
button-year-after = Year after
button-month = { $month }: { $state }
button-revision = Revision { $revision }
button-changes = What changed
ask-enterprise-to-read = Which enterprise do you want to look at?
cannot-open-history = The historical data of this period are not migrated.
not-migrated = The historical data are not migrated.

## The list of a year

history-heading = [{ $enterprise }] Reports of { $year }
history-row = Month { $month }: { $state }{ $late }{ $backfilled }
mark-late = , late
mark-backfilled = , backfilled

## One report

view-state = State: { $state }
view-revision = Revision { $revision } of { $count }
view-submitted = Submitted by { $by }, { $at }
view-imported = Historical data, submitted { $at }
view-leaf = Page { $page }/{ $pages }
view-draft = This period is not submitted yet; you can look at it once it is.
view-reason = { $label } → { $reason }
changes-heading = Revision { $new } compared with revision { $old }:
changes-none = Nothing changed.
change-figure = { $label }, { $measure }: { $old } → { $new } ({ $unit })
change-answer = { $label }: { $old } → { $new }
change-reason = Explanation of { $label }: { $old } → { $new }

## The year side by side

year-heading = [{ $enterprise }] Year preview { $year }
year-filed = Months submitted: { $count }; months that are not are shown as “—”.
year-none = No report of this year has been submitted yet.
year-part = The following indicators are in the reports of months { $first } to { $last } only:
year-series = { $number }. { $label } ({ $unit }, { $measure })
year-quarter = M{ $first } { $a }; M{ $second } { $b }; M{ $third } { $c }
year-total = Total { $total } (months: { $count })
year-empty = Indicators without figures: { $labels }
