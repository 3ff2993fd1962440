# Whom to call, the filling instructions, and the commands.

button-guide = Instructions
button-contacts = Contacts

## Whom to call

contacts = Contacts. All numbers are in Shanghai; from elsewhere dial 021 first.
contacts-office = { $name }:
contacts-phones = Phone: { $phones }
contacts-phones-fax = Phone: { $phones }, fax: { $fax }
contacts-mail = Mail: { $mail }
contacts-address = Address: { $address }
contacts-person = Contact: { $name }
contacts-person-reached = Contact: { $name }, { $reached }
contacts-requests =
    To change the reporter or have a submitted report returned: ask your district or the service centre, or write to { $mail }.
    To change the reporter, give the name of the enterprise, its unified social credit code, the mobile number of the new reporter and a phone number.
contacts-advice = Please send suggestions to { $mail } too, or tell the technical support.
button-all-districts = All districts
button-own-district = Back to contacts
button-about = About
button-confidentiality = Confidentiality
confidentiality-stored = What is stored about you, and what you can do about it: /privacy
about =
    About: 填报助手, a way to report the operation data of Shanghai's small and medium enterprises, version { $version }.
    Guided by: 工信部中小企业局
    In charge: 上海市经济和信息化委员会
    Run by: 上海市促进中小企业发展协调办公室, 上海市中小企业发展服务中心
    Enterprise service cloud: www.ssme.sh.gov.cn
confidentiality = Confidentiality

## The filling instructions

guide-none = There is no form for { $period }, and so there are no instructions.
guide-title = Filling instructions: { $title } (version { $version })
guide-force = For the periods { $first } to { $last }
guide-force-open = For the periods since { $first }
guide-who = Who reports: enterprises of the categories 专精特新, 中小微培育 and others, all with the same form.
guide-deadline = When: each month by the end of day { $day } for the month before, so the data of January by 2-{ $day }.
guide-backfill = Reports that were missed can be filled from January of last year to last month; older ones, back to 2012, can only be read.
guide-final = What is submitted cannot be changed; if it must be, ask the service centre or your district to return it.
guide-size = What: { $indicators } indicators, { $questions } questions this time.
guide-part-indicators = Indicators
guide-part-questions = Questions
guide-part-hard = Refused
guide-part-soft = Asked about
guide-part-notes = Units, reasons, privacy
guide-hard = A report is refused where one of these is not so.
guide-soft = You are asked about these: correct what is wrong, or give the reason.
guide-heading = — { $part } —
guide-leaf = { $part } { $first }–{ $last }
guide-indicator = { $number }. { $label } ({ $unit }, { $need })
guide-question = { $number }. { $label } ({ $need })
guide-new = { $label } (new)
guide-recommended = optional, recommended
guide-industrial = { $need }, industry only, others give 0
guide-values = In this order: { $measures }
guide-months = { $need }, periods of month { $months } only
guide-numbered = { $number }. { $rule }
guide-rule-for = { $rule } For: { $labels }.
guide-rule-required = Required indicators and questions must be answered; what did not occur is 0.
guide-rule-negative = Never negative: { $labels }.
guide-rule-whole = Whole numbers: { $labels }.
guide-units = Units (“3500元” or “1.2亿” are converted):
guide-unit = { $unit }: { $decimals } decimals
guide-unit-whole = { $unit }: whole numbers
guide-reasons = Where a figure is asked about and right, give the reason in { $least } to { $most } characters, or choose one of these.
guide-presets = Reasons to choose from: { $presets }
guide-rejected = Not enough: { $words }
guide-confidentiality = Confidentiality:
button-contents = Contents
button-download = Download
guide-file = The whole instructions, to keep or to print.
guide-file-name = filling-instructions-{ $version }.txt

## Commands

help-command = /{ $command } { $does }
command-history = Reports of a year
command-year = The year at a glance
command-guide = Filling instructions
command-contacts = Contacts
