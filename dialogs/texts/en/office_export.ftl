# Exports that administrators order.

office-command-export = /export the data of a period: /export [period] [xlsx|csv] [district]
office-usage-export =
    Usage: /export [period] [xlsx|csv] [district]
    For example: /export 2026-10 xlsx, or /export 2026-01..2026-10
    Without a period it is last month; 24 months at most; the district must be one of this chat's.
export-span = { $first } to { $last }
export-city = all districts
export-none = No report of { $what } has been submitted yet in { $scope }.
export-title = Export the data of { $what }, { $scope }
export-reports = { $reports } submitted, form version { $versions }. The latest submitted revisions only, no drafts, nothing that was returned.
export-holds = Contents: code, name, district and category of the enterprise, receipt number, time of submission, the reporter's name, all figures, answers and explanations.
export-personal = It holds names of reporters and data of enterprises. For official use only; please do not pass it on.
export-one-table = There are several versions of the form: Excel only, one sheet a version.
export-too-many = That is more than fits into one file ({ $most }). Please ask for fewer periods, or district by district.
export-making = Exporting { $what }, { $scope }: { $reports } reports…
export-progress = Exporting: { $done } of { $total } reports…
export-done = ✔ Exported: { $reports } reports.
export-caption = Data of { $what }, { $scope }
export-file = reports-{ $what }-{ $scope }
export-sheet = Form { $version }
export-cell = { $item } { $measure } ({ $unit })
export-column-code = Unified social credit code
export-column-name = Name
export-column-district = District
export-column-category = Category
export-column-period = Period
export-column-state = State
export-column-revision = Revision
export-column-number = Receipt number
export-column-at = Submitted at
export-column-reporter = Reporter
export-column-reasons = Explanations
button-export-xlsx = Export Excel
button-export-csv = Export CSV
