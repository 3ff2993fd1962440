# What was filed: the list of a year, a report with its revisions, the year side by side.

button-history = 填报列表
button-year = 年报预览
button-year-before = 上一年
button-year-after = 下一年
button-month = { $month }月 { $state }
button-revision = 第 { $revision } 版
button-changes = 与上一版的变化
ask-enterprise-to-read = 请选择要查看的企业：
cannot-open-history = 这一期的历史数据未迁移。
not-migrated = 历史数据未迁移。

## The list of a year

history-heading = 【{ $enterprise }】{ $year } 年填报列表
history-row = { $month }月　{ $state }{ $late }{ $backfilled }
mark-late = （逾期）
mark-backfilled = （补填）

## One report

view-state = 状态：{ $state }
view-revision = 第 { $revision } 版（共 { $count } 版）
view-submitted = { $by } 于 { $at } 提交
view-imported = 历史数据，{ $at } 提交
view-leaf = 第 { $page }/{ $pages } 页
view-draft = 本期尚未提交，提交后可以查看。
view-reason = 「{ $label }」→ { $reason }
changes-heading = 第 { $new } 版与第 { $old } 版相比：
changes-none = 内容没有变化。
change-figure = 「{ $label }」{ $measure }：{ $old } → { $new }（{ $unit }）
change-answer = 「{ $label }」：{ $old } → { $new }
change-reason = 「{ $label }」的说明：{ $old } → { $new }

## The year side by side

year-heading = 【{ $enterprise }】{ $year } 年年报预览
year-filed = 已提交 { $count } 个月；未提交的月份标为“—”。
year-none = 这一年还没有已提交的报表。
year-part = 以下指标只在 { $first } 至 { $last } 月的报表中有：
year-series = { $number }. { $label }（{ $unit }，{ $measure }）
year-quarter = { $first }月 { $a }　{ $second }月 { $b }　{ $third }月 { $c }
year-total = 合计 { $total }（{ $count } 个月）
year-empty = 没有填写的指标：{ $labels }
