# /broadcast and /remind: what an office has sent to many.

office-command-broadcast = /broadcast 群发通知：/broadcast [区] [类别] [状态]
office-usage-broadcast =
    用法：/broadcast [区] [类别] [状态]
    例如：/broadcast 浦东 专精特新 未提交
    状态可以写：未填报、暂存、退回修改、已提交、未提交、全部。都不写就是全部填报员。
office-command-remind = /remind 催报：/remind [报表期] [区]
office-usage-remind =
    用法：/remind [报表期] [区]
    例如：/remind 2026-10 浦东
    不写报表期就是上月。
broadcast-title = 群发通知
remind-title = { $period } 期催报
broadcast-whom = 对象：{ $where }，{ $category }，{ $period } 期“{ $status }”的企业的填报员
broadcast-whom-all = 对象：{ $where }，{ $category }，所有企业的填报员
broadcast-any-category = 各类别
broadcast-unsubmitted = 未提交
broadcast-all = 全部
broadcast-ask = 请回复本条消息，写明通知内容（不超过 { $most } 字）。也可以先改选对象：
broadcast-long = 内容有 { $count } 字，太长了，没有发送。
broadcast-people = 将发送给 { $count } 人。
broadcast-unreachable = 另有 { $count } 人目前无法送达（停用了机器人，或没有可用的账户）。
broadcast-nobody = 没有可以发送的对象，不发送。
broadcast-looks = 内容如下：
broadcast-example = （企业名称）
broadcast-notice = 【通知】
button-broadcast-send = 确认发送
button-stop = 停止
broadcast-numbers = 已送达 { $sent } 人，失败 { $failed } 人，结果不明 { $ambiguous } 人。
broadcast-planning = 正在准备名单，已有 { $count } 人等待发送。
broadcast-left = 还剩 { $count } 人。
broadcast-remaining = 预计还需 { $minutes } 分钟。
broadcast-stopping = 正在停止。
broadcast-done = ✔ 发送完毕。
broadcast-was-stopped = 已停止。
broadcast-failed-blocked = 失败，停用了机器人：{ $count } 人
broadcast-failed-gone = 失败，账户已不存在：{ $count } 人
broadcast-failed-long = 失败，内容太长：{ $count } 人
broadcast-failed-stopped = 停止后未发送：{ $count } 人
broadcast-failed-other = 失败，其他原因：{ $count } 人
broadcast-ambiguous = 结果不明的 { $count } 人可能已经收到，不会重发。
broadcast-already-over = 已经停止或结束。
broadcast-already-started = 已经发出，不会再发一次。
journal-broadcast-asked = 群发通知或催报
journal-broadcast-stopped = 停止群发
journal-broadcast-done = 群发完毕
