# The person's own data: the number, the name, the account.

## What is stored

privacy =
    我们保存您的手机号、真实姓名、所关联的企业和您填报的内容，仅用于运行监测。
    企业数据仅供“中小企业办”运行分析监测专用，不对外公开。
privacy-phone = 手机号：{ $phone }（已验证）
privacy-name = 真实姓名：{ $name }
privacy-nothing = 未填
privacy-since = 注册日期：{ $day }
privacy-account = 已登录：{ $channel } { $count } 个
privacy-enterprises = 已关联企业：{ $links } 家，其中您是填报员的：{ $seats } 家
privacy-kept =
    手机号用于确认身份，姓名供同一企业的人和管理员查看。
    您发来的消息保存 { $received } 天，我们发出的消息保存 { $sent } 天；其他信息保存到您注销账户为止。
    已填报的数据和操作记录属于企业，长期保存。
channel-telegram = Telegram
channel-web = 网页
channel-other = 其他设备
button-export = 导出我的信息
button-rename = 修改姓名
button-new-phone = 更换手机号
button-close-account = 注销账户
export-made = 这是我们保存的关于您的全部信息。请妥善保管。
my-data-file = 我的信息-{ $day }.json

## The number

bound = 手机号已验证。
bound-back = { $name }，欢迎回来。
number-how =
    请用新的手机号验证：点击下方的“验证手机号”。
    新号码要能在本设备上验证；已关联的企业和已填的内容都会保留。不更换请发送 /cancel。
number-again = 验证已过去较长时间，请重新验证手机号。不更换请发送 /cancel。
number-other =
    刚验证的号码 { $phone } 与您账户的号码 { $own } 不同。
    更换后请用新号码登录，已关联的企业和已填的内容都会保留。确定更换吗？
number-taken =
    号码 { $phone } 已经有账户。
    切换后，本设备使用该号码的账户；原账户（{ $own }）不受影响，用原号码验证就能回来。
button-take-number = 确认更换
button-switch = 切换到该号码的账户
number-changed = 手机号已更换为 { $phone }。

## The end

closing-goes =
    注销后将删除：您的姓名和手机号、{ $accounts } 个已登录的设备、与 { $links } 家企业的关联、聊天记录。
    未处理完的申请将撤回。删除后不能恢复。
closing-seats =
    以下企业将没有填报员：
    { $enterprises }
closing-stays = 将保留：企业的基本信息和联系电话、已填报和暂存的数据、操作记录（其中不再有您的姓名和手机号）。
closing-sure = 确定注销账户吗？
button-close-sure = 确认注销
account-closed =
    账户已注销，您的姓名和手机号已删除。
    感谢您的填报。以后需要时，请发送 /start 重新注册。

## What others are told

told-new-device =
    您的账户刚刚在另一处登录：{ $channel }，{ $at }。
    如非本人操作，请立即联系：
told-new-number =
    您账户的手机号刚刚被更换：{ $channel }，{ $at }。
    如非本人操作，请立即联系：
told-closed =
    您的账户刚刚被注销：{ $channel }，{ $at }。
    如非本人操作，请立即联系：
told-reporter-left = { $enterprise }（{ $code }）的填报员已注销账户，该企业现在没有填报员。

## The comparison with the registry

compare-done = 与法人库比对成功，请补充企业基本信息。
compare-failed =
    与法人库比对未通过，未能关联。请按营业执照核对三项信息后再试，24 小时内还可以试 { $left } 次。
    同一企业被多次试错时也会暂停比对。如信息无误，请联系：
compare-locked = 您的比对次数已用完，请 24 小时后再试，或联系：
