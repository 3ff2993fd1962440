# What is said without being asked: to reporters before and after the deadline, and to offices.

reminder-by = { $month } 月 { $day } 日 24 时
reminder-opened = { $period } 期报表开始填报，请在 { $by }前提交：
reminder-due = { $period } 期报表还没有提交，请在 { $by }前提交：
reminder-last = { $period } 期报表还没有提交，离截止（{ $by }）还有 { $hours } 小时：
reminder-overdue = { $period } 期报表已过截止时间（{ $by }），还没有提交，请尽快补报：
reminder-line = { $number }. { $name }（{ $state }）
button-tomorrow = 明天提醒我
button-silence = 本月不再提醒
hushed-until = 好的，{ $month } 月 { $day } 日再提醒您填报 { $period } 期报表。
hushed-past-deadline =
    到截止（{ $by }）前没有工作日了，不会再提醒您。请记得提交 { $period } 期报表。
hushed-month = 好的，本月不再提醒您填报 { $period } 期报表，截止时间仍是 { $by }。要恢复提醒，请点击“明天提醒我”。
hush-over = { $period } 期报表的提醒已经结束。
journal-hushed = 推迟或关闭提醒

## Offices

office-unreported = { $where }有 { $count } 家企业没有填报员，{ $period } 期报表还没有提交（{ $by }截止）：
office-late = { $where } { $period } 期报表截止后还有 { $count } 家企业没有提交：
office-list-more = …… 另有 { $count } 家
office-late-hint = 完整名单请发送 /missing。
