# Exports that administrators order.

office-command-export = /export 导出报表数据：/export [报表期] [xlsx|csv] [区]
office-usage-export =
    用法：/export [报表期] [xlsx|csv] [区]
    例如：/export 2026-10 xlsx，或 /export 2026-01..2026-10
    不写报表期就是上月；一次最多 24 个月；区须在本群的管辖范围内。
export-span = { $first } 至 { $last }
export-city = 全市
export-none = { $scope } { $what } 期还没有已提交的报表。
export-title = 导出 { $what } 期报表数据，范围：{ $scope }
export-reports = 已提交 { $reports } 份，表式版本：{ $versions }。只含已提交的最新一版，不含暂存和退回的报表。
export-holds = 内容：企业代码、名称、区、类别、回执号、提交时间、填报员姓名，全部填报数据及说明。
export-personal = 内含填报员姓名和企业数据，仅供工作使用，请勿外传。
export-one-table = 包含不同版本的表式，只能导出 Excel（每个版本一张表）。
export-too-many = 超过一个文件的上限（{ $most } 份），请缩小报表期范围，或按区分别导出。
export-making = 正在导出 { $scope } { $what } 期，共 { $reports } 份……
export-progress = 正在导出：{ $done } / { $total } 份……
export-done = ✔ 导出完成，共 { $reports } 份。
export-caption = { $scope } { $what } 期报表数据
export-file = 报表数据-{ $what }-{ $scope }
export-sheet = { $version } 版
export-cell = { $item } { $measure }（{ $unit }）
export-column-code = 统一社会信用代码
export-column-name = 企业名称
export-column-district = 区
export-column-category = 类别
export-column-period = 报表期
export-column-state = 状态
export-column-revision = 版次
export-column-number = 回执号
export-column-at = 提交时间
export-column-reporter = 填报员
export-column-reasons = 核实说明
button-export-xlsx = 导出 Excel
button-export-csv = 导出 CSV
