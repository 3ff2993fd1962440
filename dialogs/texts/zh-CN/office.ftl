# What administrators read in their chat.

role-viewer = 查看员
office-link = 新的企业关联：{ $enterprise }（{ $code }）
office-seat = 新的填报员：{ $enterprise }（{ $code }）
office-return = 申请退回：{ $enterprise }（{ $code }）
office-person = 申请人：{ $name }　{ $phone }
office-return-why = { $period } 期，原因：{ $reason }
office-told = 手机号与登记的联系电话不同，已自动办理。如有疑问请联系企业核实。
office-decided-granted = ✔ 已通过，已通知申请人。
office-decided-refused = ✘ 已拒绝，已通知申请人。
office-decided-impossible = 情况已有变化，无法办理。
office-decided-already = 这一条已经处理过了。
office-not-yours = 您不是本群的管理员，不能操作。
office-may-not = 您只有查看权限，不能操作。
button-grant = 通过
button-refuse = 拒绝
button-return-it = 退回
button-not-return = 不退回

## Commands

office-help = 本群可用的命令：
office-unknown = 没有这个命令。发送 /help 查看可用的命令。
office-command-help = /help 命令说明
office-command-return = /return 退回报表：/return 企业 [报表期] [项目] 原因
office-usage-help = 用法：/help
office-usage-return =
    用法：/return 企业 [报表期] [项目] 原因
    例如：/return 91310105TB0000036W 2026-10 1,9 与上月不衔接
    企业可以写代码、名称或名称的一部分；不写报表期就是上月；项目可以写序号或名称。
    退回多家：第一行写 /return 2026-10 原因，下面每行写一家的代码或全称；也可以发送文件，把这一行写在文件说明里。
office-not-asked-by-you = 只有发起的人可以确认。
office-too-late = 已超过十分钟，请重新发起。
office-no-enterprise = 没有这家企业。
office-which = 找到几家企业，请选择：
office-more-matches = 还有更多，请写得更完整一些。
office-match = { $name }（{ $district }）
office-ask-reason = 请回复本条消息，写明退回原因。
office-return-title = 退回“{ $enterprise }” { $period } 期（第 { $revision } 版）
office-return-number = 回执号：{ $number }
office-will-tell = 将立即通知填报员 { $reporter }。
office-no-reporter = 该企业目前没有填报员，无人可通知。
office-told-reporter = 已通知填报员 { $reporter }。
office-returned = ✔ 已退回“{ $enterprise }” { $period } 期。
office-not-returnable = “{ $enterprise }” { $period } 期目前是“{ $state }”，不能退回。
office-button-old = 这个按钮已经过期，没有改动任何内容。
button-return-sure = 确认退回
