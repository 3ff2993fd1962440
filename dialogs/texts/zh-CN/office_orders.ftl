# Orders of administrators: seats, invitations, returns of many, the journal.

## /transfer

office-command-transfer = /transfer 更换填报员：/transfer 企业 [新填报员的手机号或姓名]
office-usage-transfer =
    用法：/transfer 企业 [新填报员的手机号或姓名]
    例如：/transfer 91310105TB0000036W 13800138000
    企业可以写代码、名称或名称的一部分；不写新填报员就从关联人中选择。
office-transfer-title = 更换“{ $enterprise }”的填报员
office-reporter-now = 现任填报员：{ $reporter }
office-reporter-new = 新填报员：{ $reporter }　{ $phone }
office-seat-free = 现任填报员：无
office-is-reporter = { $reporter } 已经是“{ $enterprise }”的填报员。
office-no-such-colleague = 关联人中没有这个手机号或姓名。
office-ask-colleague = 请选择新填报员：
office-how-to-link = 新填报员须先关联本企业：请本人在这里验证手机号，再通过“关联企业”→“增加关联企业”关联；也可以由您发出邀请。
office-ask-invited = 如需邀请，请回复本条消息，写明对方的手机号。
office-draft-moves = 未提交的 { $periods } 期由新填报员接着填，已填内容都保留。
office-no-draft = 目前没有未提交的报表。
office-will-tell-both = 确认后立即生效，并通知双方。
office-will-tell-new = 确认后立即生效，并通知新填报员。
office-moved = ✔ “{ $enterprise }”的填报员现在是 { $reporter }。
office-told-both = 已通知本人和原填报员 { $former }。
office-told-new = 已通知本人。
office-not-moved = “{ $enterprise }”的填报员或关联人刚刚有变化，没有更换。请重新发起。
button-move-seat = 确认更换填报员
button-move-seat-to = 更换填报员
button-invite = 发出邀请

## /invite

office-command-invite = /invite 邀请填报员：/invite 企业 手机号
office-usage-invite =
    用法：/invite 企业 手机号
    例如：/invite 91310105TB0000036W 13800138000
    企业可以写代码、名称或名称的一部分；还没有人关联过的企业请写代码。
office-invite-title = 邀请填报员：{ $enterprise }（{ $code }）
office-invited-phone = 手机号：{ $phone }
office-not-mobile = 这不是中国大陆的手机号。
office-invite-good = 链接七天内有效，只能使用一次，只有验证了这个手机号的人才能使用。
office-invite-taken = 现任填报员是 { $reporter }。对方接受后成为关联人，如需更换填报员请再用 /transfer。
office-invite-again = 发给这个手机号的上一个链接将同时失效。
office-invite-registry = 这家企业还没有人关联过，将按法人库登记的信息建立。
office-invite-linked = 这个手机号的主人已经关联本企业，不需要邀请。
office-invite-full = 这家企业已有 { $most } 个未使用的邀请，请等它们使用或过期。
office-invited = ✔ 已为 { $phone } 生成“{ $enterprise }”的邀请链接：
office-invited-until = 有效期至 { $until }，只能使用一次。
office-invited-say = 请只转发给本人。对方打开后点“开始”，验证手机号，按“接受邀请”即可申请填报员。
button-make-invitation = 生成邀请链接

## /return for several

office-returns-title = 批量退回 { $period } 期
office-returns-ready = 将退回 { $count } 家：{ $names }{ $more }
office-returns-others = 不是“已提交”，不退回：{ $count } 家
office-returns-unknown = 没有找到或名称不唯一：{ $count } 家（{ $names }{ $more }）
office-and-more = …
office-returns-none = 没有可以退回的报表。
office-returns-many = 一次最多退回 { $most } 家，请分几次办理。
office-will-tell-all = 将立即通知各企业的填报员。
office-returns-done = ✔ 已退回 { $period } 期 { $count } 家，已通知各企业的填报员。
office-returns-left = { $count } 家的情况已有变化，没有退回。
office-returns-none-left = 这些报表都已不是“已提交”，没有退回。
office-file-large = 文件太大，请只保留一列统一社会信用代码，不超过 2 MB。
office-file-gone = 文件已经取不到了，请重新发送。
office-file-later = 暂时取不到文件，请稍后重新发送。
office-file-bad = 文件无法读取。请发送 .xlsx、.csv 或 .txt 文件，第一列写统一社会信用代码。
office-file-empty = 文件里没有企业。请在第一列写统一社会信用代码，每行一家。
button-return-all = 确认全部退回
return-reason-figures = 数据与上期或去年同期不衔接，请核对。
return-reason-unit = 金额单位可能有误（应为万元），请核对。
return-reason-missing = 部分指标缺漏，请补充。

## /audit

office-command-audit = /audit 操作记录：/audit 企业 [报表期]
office-usage-audit =
    用法：/audit 企业 [报表期]
    例如：/audit 91310105TB0000036W 2026-10
    企业可以写代码、名称或名称的一部分；不写报表期就是全部。
journal-title = “{ $enterprise }”的操作记录，最近的在前：
journal-title-period = “{ $enterprise }” { $period } 期的操作记录，最近的在前：
journal-empty = 没有记录。
journal-line = { $when }　{ $who }　{ $what }
journal-times = { $what } { $times } 次
journal-of = { $what }（{ $period } 期）
journal-from = { $what }，通过{ $where }
journal-web = 网页
journal-center = 服务中心管理群
journal-office = { $scope }管理群
journal-administrator = 管理员 { $account }
journal-system = 系统
journal-gone = 已注销的用户
button-newer = 较新的
button-older = 较早的
journal-other = 其他操作
journal-phone-verified = 验证手机号
journal-phone-changed = 更换手机号
journal-name-set = 填写姓名
journal-account-closed = 注销账户
journal-compare-failed = 与法人库比对不一致
journal-linked = 关联企业
journal-unlinked = 取消关联
journal-link-asked = 申请关联
journal-link-granted = 通过关联申请
journal-link-refused = 拒绝关联申请
journal-seat-taken = 成为填报员
journal-seat-asked = 申请填报员
journal-seat-granted = 通过填报员申请
journal-seat-refused = 拒绝填报员申请
journal-seat-transferred = 更换填报员
journal-invited = 发出邀请
journal-invitation-used = 接受邀请
journal-report = 填写
journal-submitted = 提交
journal-return-asked = 申请退回
journal-return-refused = 拒绝退回申请
journal-returned = 退回
journal-missing-exported = 导出未报名单
journal-exported = 导出数据
journal-registry-imported = 导入法人库
journal-calendar-imported = 导入节假日安排
journal-enterprise-imported = 按法人库建立企业
journal-report-imported = 导入历史报表
journal-history-imported = 导入历史数据
