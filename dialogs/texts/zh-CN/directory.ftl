# Whom to call, the filling instructions, and the commands.

button-guide = 填报说明
button-contacts = 通讯录

## Whom to call

contacts = 【通讯录】均为上海电话，外地拨打请加 021。
contacts-office = { $name }：
contacts-phones = 电话：{ $phones }
contacts-phones-fax = 电话：{ $phones }　传真：{ $fax }
contacts-mail = 邮箱：{ $mail }
contacts-address = 地址：{ $address }
contacts-person = 联系人：{ $name }
contacts-person-reached = 联系人：{ $name }　{ $reached }
contacts-requests =
    更换填报员、退回已提交的报表：请联系所在区或服务中心，或发邮件至 { $mail }。
    更换填报员的，请写明企业名称、统一社会信用代码、新填报员的手机号及联系电话。
contacts-advice = 意见和建议也请发至 { $mail }，或向技术支持反映。
button-all-districts = 全部区
button-own-district = 返回通讯录
button-about = 关于
button-confidentiality = 保密说明
about =
    【关于】填报助手：上海市中小企业运行监测数据报送的填报渠道，版本 { $version }。
    指导单位：工信部中小企业局
    主管单位：上海市经济和信息化委员会
    业务单位：上海市促进中小企业发展协调办公室、上海市中小企业发展服务中心
    企业服务云：www.ssme.sh.gov.cn
confidentiality = 【保密说明】
confidentiality-stored = 我们保存了您的哪些信息、如何处理，见 /privacy。

## The filling instructions

guide-none = { $period } 期没有报表，也就没有填报说明。
guide-title = 【填报说明】{ $title }（{ $version } 版）
guide-force = 适用报表期：{ $first } 至 { $last }
guide-force-open = 适用报表期：{ $first } 起
guide-who = 填报企业：专精特新企业、中小微培育企业和其他企业，统一使用一套报表。
guide-deadline = 报送时间：每月 { $day } 日之前（含 { $day } 日）报送上月数据，例如 2 月 { $day } 日之前报送 1 月数据。
guide-backfill = 补填：上一年 1 月至上月没有填报的，可以补填；更早的（2012 年起）只能查看。
guide-final = 提交后不可修改；确需修改的，请联系服务中心或所在区退回。
guide-size = 内容：{ $indicators } 项指标，本期 { $questions } 道问卷题。
guide-part-indicators = 指标
guide-part-questions = 问卷
guide-part-hard = 审核规则
guide-part-soft = 核实规则
guide-part-notes = 单位、说明与保密
guide-hard = 不符合下列要求的不能提交，请先改正。
guide-soft = 有下列情况的会请您核实：填错的请修改，属实的说明原因即可。
guide-heading = 【{ $part }】
guide-leaf = { $part } { $first }–{ $last }
guide-indicator = { $number }. { $label }（{ $unit }，{ $need }）
guide-question = { $number }. { $label }（{ $need }）
guide-new = { $label }（新增）
guide-recommended = 选填，建议填写
guide-industrial = { $need }，工业企业指标，其他企业填 0
guide-values = 依次填：{ $measures }
guide-months = { $need }，仅 { $months } 月期填报
guide-numbered = { $number }. { $rule }
guide-rule-for = { $rule }适用于：{ $labels }。
guide-rule-required = 必填的指标和问卷都要填写；确实没有发生的，指标填 0。
guide-rule-negative = 不能是负数：{ $labels }。
guide-rule-whole = 必须是整数：{ $labels }。
guide-units = 单位（也可以直接写“3500元”“1.2亿”，会自动换算）：
guide-unit = { $unit }：保留 { $decimals } 位小数
guide-unit-whole = { $unit }：整数
guide-reasons = 核实时，数字无误的请说明原因，{ $least } 至 { $most } 个字，或从下列原因中选择。
guide-presets = 可选原因：{ $presets }
guide-rejected = 不能只写：{ $words }
guide-confidentiality = 保密：
button-contents = 目录
button-download = 下载
guide-file = 完整的填报说明，供保存或打印。
guide-file-name = 填报说明-{ $version }.txt

## Commands

help-command = /{ $command } { $does }
command-history = 填报列表
command-year = 年报预览
command-guide = 填报说明
command-contacts = 通讯录
