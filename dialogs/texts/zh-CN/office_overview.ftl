# How a period stands, who has not submitted, an enterprise, a report: for administrators.

office-command-status = /status 填报进度：/status [报表期]
office-usage-status =
    用法：/status [报表期]
    例如：/status 2026-10
    不写报表期就是上月。
office-command-missing = /missing 未提交名单：/missing [报表期] [区]
office-usage-missing =
    用法：/missing [报表期] [区]
    例如：/missing 2026-10
    不写报表期就是上月。
office-command-find = /find 查找企业：/find 企业
office-usage-find =
    用法：/find 企业
    例如：/find 蒲公英汽车
    企业可以写代码或其开头、名称或名称的一部分、拼音首字母。
office-command-view = /view 查看报表：/view 企业 [报表期] [版次]
office-usage-view =
    用法：/view 企业 [报表期] [版次]
    例如：/view 蒲公英汽车 2026-10 1
    不写报表期就是上月，不写版次就是最新一版。
office-no-period = 不能查询 { $period } 期：还没有到填报的时候，或者这一期没有报表。
office-city = 全市

## /status

status-title = { $where } { $period } 期填报进度（截至 { $at }）
status-expected = 应报企业 { $count } 家
status-share = { $state } { $count }（{ $percent }%）
status-late = 逾期 { $count }（{ $percent }%）
status-before = 上期同日已提交 { $count }（{ $change }）
status-districts = 各区（已提交·暂存·退回·未填报·逾期）：
status-categories = 各类别：
status-sum = 合计
status-unknown = 未知
status-row = { $name }{ $rest }
button-missing = 未提交名单

## /missing

missing-title = { $period } 期未提交 { $total } 家（第 { $page }/{ $pages } 页）
missing-nobody = { $period } 期没有未提交的企业。
missing-enterprise = { $number }. { $name }（{ $district }）
missing-state = 　{ $state }　{ $who }
missing-reporter = { $name } { $phone }
missing-no-reporter = 无填报员
state-late = { $state }（逾期）
button-export-missing = 导出Excel
missing-file = { $period } 期未提交名单（{ $where }）。内有完整的手机号，请勿转发。
missing-file-name = 未提交名单{ $period }{ $where }.xlsx
missing-sheet = 未提交名单
missing-column-district = 区
missing-column-code = 统一社会信用代码
missing-column-name = 企业名称
missing-column-category = 类别
missing-column-state = 状态
missing-column-reporter = 填报员
missing-column-mobile = 手机号
missing-column-phone = 企业联系电话

## /find

find-several = 找到以下企业（状态为 { $period } 期）：
find-name = { $number }. { $name }
find-sorted = { $district }　{ $category }
find-button = { $number }. { $name }
find-heading = 【{ $name }】
find-due = { $period } 期：{ $state }
find-people = 关联人：
find-reporter = ・{ $name } { $phone }（填报员，自 { $since }）
find-associate = ・{ $name } { $phone }
find-year = { $year } 年：
find-months = { $months }月　{ $state }{ $late }{ $backfilled }
find-view = 查看 { $period } 期
find-return = 退回 { $period } 期
find-transfer = 更换填报员
button-enterprise = 企业信息

## /view

view-nothing = “{ $enterprise }” { $period } 期没有报表。
view-returned = 第 { $revision } 版于 { $at } 退回：
view-origins = 数据来源：
view-origin = { $origin }，{ $by }，{ $at }：{ $labels }
view-origin-by-nobody = { $origin }，{ $at }：{ $labels }
view-all-indicators = 全部指标
origin-typed = 键入
origin-pasted = 粘贴或上传
origin-derived = 推算
origin-carried = 沿用
origin-imported = 历史数据导入
