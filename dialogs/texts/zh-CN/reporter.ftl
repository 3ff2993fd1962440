# What a reporter reads. Official words (labels of buttons, 填报员, 暂存 …) are those of the manual.

## The way in

welcome =
    您好，这里是“填报助手”。
    每月在这里完成上海市中小企业运行监测数据填报：一问一答，随答随存，提交后给您回执。
    请先验证手机号，只需一次。
button-verify = 验证手机号
contact-not-own = 只能使用您本人的中国大陆手机号码验证。请点击下方的“验证手机号”按钮，分享您自己的号码。
ask-name = 请输入您的真实姓名。同一企业的其他人申请填报员时会看到这个姓名。
name-unread = 没有读懂这个姓名。请只输入姓名，例如：王小明。
name-set = 好的，{ $name }。

## Home

home = 请选择：
help = 填报时直接回复数字；一项有几个数的，可以按顺序写在一条消息里，用空格隔开。
button-fill = 数据填报
button-enterprises = 关联企业
button-link = 增加关联企业
button-apply = 申请填报员
button-backfill = 补填
button-help = 帮助
button-home = 首页
button-cancel = 取消
button-numbered = { $number }. { $label }
ask-language = 请选择语言：
language-set = 已切换为简体中文。

## Enterprises and seats

enterprises = 已关联企业：
enterprises-none = 您还没有关联企业。请先点击“增加关联企业”。
enterprise-card = { $number }. { $name }（{ $code }）— { $seat }
seat-mine = 填报员：本人
seat-free = 尚无填报员
seat-taken = 已有填报员
seat-lost = 您已不是这家企业的填报员，刚才的内容没有保存。
ask-enterprise = { $period } 期，请选择要填报的企业：
ask-link-code = 请输入统一社会信用代码（18 位）。
unread-link-code = 这不是有效的统一社会信用代码，请核对后重新输入全部 18 位。
ask-link-name = 请输入企业名称（与营业执照一致）。
unread-link-name = 请输入企业名称，不超过 200 个字。
ask-link-representative = 请输入法定代表人姓名。
unread-link-representative = 请输入法定代表人姓名。
ask-link-district = 请选择企业所在的区：
unread-link-district = 请选择十六个区中的一个。
ask-link-category = 请选择企业类别：
unread-link-category = 请从按钮中选择企业类别。
ask-link-address = 请输入企业地址。
unread-link-address = 请输入企业地址，不超过 200 个字。
ask-link-phone = 请输入企业联系电话，例如 021-64225233 或手机号。
unread-link-phone = 没有读懂这个电话号码，请重新输入，例如 021-64225233。
link-sure =
    请核对：
    统一社会信用代码：{ $code }
    企业名称：{ $name }
    法定代表人：{ $representative }
    所在区：{ $district }
    类别：{ $category }
    地址：{ $address }
    联系电话：{ $phone }
unread-link-sure = 请点击“提交关联”，或点击“取消”。
button-send-link = 提交关联
linked = 已关联：{ $enterprise }。
office = { $name }　电话：{ $phones }　地址：{ $address }
claim-sure = 确定申请成为“{ $enterprise }”的运行监测数据填报员吗？
button-claim = 确定
claim-done = 申请成功。您现在是“{ $enterprise }”的填报员。
claim-mine = 您已经是“{ $enterprise }”的填报员。
claim-taken = 当前企业已有填报员（{ $reporter }）。
claim-ways =
    如需更换，请联系当前填报员办理“填报人更换”，或发邮件至 { $mail }，写明企业名称、统一社会信用代码、新填报员的手机号及联系电话。
    也可以联系：

## Opening a report

report-title = 【{ $enterprise }】{ $title } { $period } 期
report-new = 共 { $count } 项，随时可以离开，已填的内容都会保留。
report-rest = 接着填：还剩 { $count } 项。
cannot-open-seat = 您还不是填报员，请先申请。
cannot-open-period = 这一期现在不能填报。可填报的是上一年 1 月至上月。
cannot-open-form = 这一期没有可用的报表（历史数据未迁移）。
ask-period = { $enterprise }：请选择报表期。
button-period = { $period } { $state }
state-none = 未填报
state-draft = 暂存
state-submitted = 已提交
state-returned = 退回修改
paused = 已暂存 { $period } 期，还剩 { $count } 项。回来时从这里继续。

## One item

indicator-heading = { $count }{ $label }{ $new }（{ $unit }，{ $need }）
question-heading = { $count }{ $label }（{ $need }）
need-required = 必填
need-optional = 选填
mark-new = （新增）
mark-chosen = ✔ { $label }
industrial-only = 非工业企业请填 0。
given-figures = 已填：{ $figures }
known-last-month = 上月：{ $figures }
known-last-year = 去年同月：{ $figures }
ask-figures = 请按顺序回复 { $count } 个数，用空格隔开（也可以一次一个）：{ $measures }
ask-figure = 请回复：{ $measures }
definition = 「{ $label }」{ $definition }
button-back = 上一项
button-skip = 跳过
button-explain = 说明
button-pause = 暂存
button-change = 改 { $label }
saved-figures = ✔ 已存「{ $label }」{ $figures }（{ $unit }）
saved-choice = ✔ 已存「{ $label }」{ $option }
chosen-already = 已经选了“{ $option }”。
skipped = 已跳过「{ $label }」。
skip-required = 「{ $label }」是必填项，不能跳过；确实没有发生的请填 0。
first-item = 已经是第一项了。

## Figures that are not taken

figure-unread = 没有读懂“{ $input }”。请只回复数字，例如 { $example }（单位：{ $unit }）。
figure-comma = “{ $input }”里的逗号可能是千分位，也可能是分隔。多个数请用空格隔开，例如 1200 1500。
figure-doubtful = “{ $input }”可能是元，也可能是{ $unit }。请写明单位，例如 3500元 或 3500万元。
figure-unit = “{ $input }”的单位与本项不符，本项单位是{ $unit }。
figure-count = 您回复了 { $given } 个数，这里要 { $count } 个。请重新回复。
figure-count-anew = 您回复了 { $given } 个数。要全部重填，请按顺序回复 { $count } 个数；只改其中一个，请点下面的按钮。
figure-negative = 「{ $label }」不能是负数，您填的是 { $value }{ $unit }。
figure-whole = 「{ $label }」按“{ $unit }”计数，必须是整数，您填的是 { $value }。
figure-size = 「{ $label }」的数字太大（{ $value }{ $unit }），请检查单位。
figure-tiny = { $input }{ $unit } 不足 { $least }{ $unit }，无法记录。请检查单位，确实没有发生的请填 0。
figure-all-together = 这个数没有保存，之前填的都在。如果要一起改，请把本项的各个数按顺序写在一条消息里。
option-unknown = 请在下面的选项中选一项，点按钮或回复序号都可以。

## Findings

finding-hard = 这里有一处不可能同时成立，请修改：
finding-soft = 请核实：
finding-reason = 如属实，请选择原因；否则请修改。
finding-gone = 这一条已经处理好了。
button-keep = 确认，保留
words-yes =
    确认
    对
    是
    是的
    没错
    保留
ask-reason = 请用一句话说明原因（{ $least } 至 { $most } 个字）。
reason-stock = 请写明具体原因，不能只写“属实”“无误”。
reason-length = 说明请写 { $least } 至 { $most } 个字。
reason-none = 已确认
kept = ✔ 已记下说明。

## Review, submission, receipt

nothing-given = 未填
review-row = { $number }. { $label }（{ $unit }）：{ $figures }
review-answer = { $number }. { $label }：{ $answer }
review-kept = 核实说明：
review-reason = { $message } → { $reason }
review-missing = 还不能提交：
review-optional = 另有 { $count } 项选填内容未填，可以直接提交。
review-ready = 请核对以上内容，无误后提交。
missing-figure = 「{ $label }」的{ $measures }是必填项，还没有填写；确实没有发生的请填 0。
missing-answer = 问卷第 { $number } 题「{ $label }」还没有回答。
missing-answers = 问卷第 { $numbers } 题还没有回答。
cannot-submit = 还不能提交：
ask-which-item = 要修改哪一项？点按钮或回复序号。
button-modify = 修改
button-go-on = 继续填报
button-submit = 提交
button-confirm = 确认提交
button-return = 返回
button-view = 查看
confirm-warning = 提交后不可修改；确需修改时，须联系上海市中小企业服务中心或所在区退回。现在提交吗？
changed-since = 内容在此之后有变化，请再看一遍。
submitted = ✔ 提交成功
submitted-already = 已提交，回执号 { $number }。
receipt-number = 回执号：{ $number }
receipt-time = 提交时间：{ $at }（第 { $revision } 版）
receipt-digest = 内容摘要：{ $digest }
receipt-keep = 请保存本回执。
read-only = 本期报表已提交，不能再修改。确需修改请联系服务中心或所在区退回。

## Out of turn

not-understood = 没有明白您的意思，没有改动任何内容。
button-old = 这个按钮已经过期，没有改动任何内容。现在是这一步：
button-other = 这个按钮属于另一份报表，没有改动任何内容。现在是这一步：
odd-edited = 修改以前的消息不会改动已存的内容。请在这里重新回复：
odd-sticker = 贴图读不出数字。请用文字回复：
odd-voice = 暂时听不了语音。请用文字回复：
odd-media = 图片和文件在这一步用不上。请用文字回复：
odd-other = 这种消息读不了。请用文字回复：
set-aside = 抱歉，刚才这条消息没能处理，没有改动任何内容。请再发一次；仍不行请联系服务中心。

## The menu of commands

command-start = 开始
command-report = 数据填报
command-enterprises = 关联企业
command-help = 帮助
command-cancel = 回到首页
command-language = 语言
command-privacy = 我的信息如何保存
