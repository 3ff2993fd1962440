# What a reporter reads, in English. Names of the form's rows and questions stay in Chinese: they are official.

## The way in

welcome =
    Hello, this is the reporting assistant (填报助手).
    The monthly operation data of Shanghai's small and medium enterprises are reported here, one question at a time. Every answer is saved at once, and you get a receipt.
    Please verify your mobile number first; it takes one tap, once.
button-verify = Verify mobile number
contact-not-own = Only your own mobile number of mainland China counts. Please press the verification button below and share your own number.
ask-name = Please enter your real name. Others of the same enterprise see it when they apply for the seat of reporter.
name-unread = That does not read as a name. Please enter your name only, for example: Wang Xiaoming.
name-set = Thank you, { $name }.

## Home

home = Please choose:
help = Answer with figures; where an item has several, write them in one message, in order, separated by spaces.
button-fill = Fill the report
button-enterprises = Enterprises
button-link = Link an enterprise
button-apply = Apply as reporter
button-backfill = Other periods
button-help = Help
button-home = Start
button-cancel = Cancel
button-numbered = { $number }. { $label }
ask-language = Please choose a language:
language-set = The language is English now.

## Enterprises and seats

enterprises = Linked enterprises:
enterprises-none = You have not linked an enterprise yet. Please press “Link an enterprise” first.
enterprise-card = { $number }. { $name } ({ $code }) — { $seat }
seat-mine = reporter: you
seat-free = no reporter yet
seat-taken = has a reporter
seat-lost = You are no longer the reporter of this enterprise; what you just sent was not saved.
ask-enterprise = Period { $period }: which enterprise do you want to report for?
ask-link-code = Please enter the unified social credit code (18 places).
unread-link-code = This is not a valid unified social credit code. Please check it and enter all 18 places again.
ask-link-name = Please enter the name of the enterprise, as on the business licence.
unread-link-name = Please enter the name of the enterprise, 200 characters at most.
ask-link-representative = Please enter the name of the legal representative.
unread-link-representative = Please enter the name of the legal representative.
ask-link-district = Please choose the district of the enterprise:
unread-link-district = Please choose one of the sixteen districts.
ask-link-category = Please choose the category of the enterprise:
unread-link-category = Please choose the category from the buttons.
ask-link-address = Please enter the address of the enterprise.
unread-link-address = Please enter the address, 200 characters at most.
ask-link-phone = Please enter the phone number of the enterprise, for example 021-64225233 or a mobile number.
unread-link-phone = This does not read as a phone number. Please enter it again, for example 021-64225233.
link-sure =
    Please check:
    Unified social credit code: { $code }
    Name: { $name }
    Legal representative: { $representative }
    District: { $district }
    Category: { $category }
    Address: { $address }
    Phone: { $phone }
unread-link-sure = Please press “Link it” or “Cancel”.
button-send-link = Link it
linked = Linked: { $enterprise }.
office = { $name }  phone: { $phones }  address: { $address }
claim-sure = Do you want to become the reporter of “{ $enterprise }”?
button-claim = Yes
claim-done = Done. You are the reporter of “{ $enterprise }” now.
claim-mine = You are the reporter of “{ $enterprise }” already.
claim-taken = This enterprise has a reporter already ({ $reporter }).
claim-ways =
    To change that, ask the present reporter for a transfer (填报人更换), or write to { $mail } with the name and the credit code of the enterprise, and the mobile number and phone of the new reporter.
    You can also contact:

## Opening a report

report-title = [{ $enterprise }] { $title } { $period }
report-new = { $count } items. You can leave at any time; what you entered is kept.
report-rest = Going on: { $count } items left.
cannot-open-seat = You are not a reporter yet. Please apply first.
cannot-open-period = This period cannot be filled now. Open are January of the previous year up to last month.
cannot-open-form = There is no form for this period (historical data are not migrated).
ask-period = { $enterprise }: please choose a period.
button-period = { $period } { $state }
state-none = not started
state-draft = draft
state-submitted = submitted
state-returned = returned
paused = { $period } is saved, { $count } items left. Come back to go on from here.

## One item

indicator-heading = { $count } { $label }{ $new } ({ $unit }, { $need })
question-heading = { $count } { $label } ({ $need })
need-required = required
need-optional = optional
mark-new = (new)
mark-chosen = ✔ { $label }
industrial-only = Enterprises outside industry enter 0.
given-figures = Entered: { $figures }
known-last-month = Last month: { $figures }
known-last-year = Same month last year: { $figures }
ask-figures = Please send { $count } figures in this order, separated by spaces (or one at a time): { $measures }
ask-figure = Please send: { $measures }
definition = “{ $label }” { $definition }
button-back = Back
button-skip = Skip
button-explain = Explain
button-pause = Save and leave
button-change = Change { $label }
saved-figures = ✔ Saved “{ $label }” { $figures } ({ $unit })
saved-choice = ✔ Saved “{ $label }” { $option }
chosen-already = “{ $option }” is chosen already.
skipped = Skipped “{ $label }”.
skip-required = “{ $label }” is required and cannot be skipped. Enter 0 if there was none.
first-item = This is the first item.

## Figures that are not taken

figure-unread = “{ $input }” could not be read. Please send figures only, for example { $example } (unit: { $unit }).
figure-comma = The comma in “{ $input }” could separate thousands or two figures. Please separate figures by spaces, for example 1200 1500.
figure-doubtful = “{ $input }” may be in yuan (元) or in { $unit }. Please send the unit with it, for example 3500元 or 3500万元.
figure-unit = The unit in “{ $input }” is not that of this item, which is { $unit }.
figure-count = You sent { $given } figures; { $count } are needed here. Please send them again.
figure-count-anew = You sent { $given } figures. To enter all anew, please send { $count } figures in order; to change one of them, press its button below.
figure-negative = “{ $label }” cannot be negative; you sent { $value } { $unit }.
figure-whole = “{ $label }” counts in { $unit } and must be a whole number; you sent { $value }.
figure-size = The figure for “{ $label }” is too large ({ $value } { $unit }). Please check the unit.
figure-tiny = { $input } { $unit } is less than { $least } { $unit } and cannot be recorded. Please check the unit; enter 0 if there was none.
figure-all-together = This figure was not saved; everything before is. To change several at once, send all figures of the item in one message, in order.
option-unknown = Please choose one of the options below, by button or by number.

## Findings

finding-hard = These cannot both be true; please change one:
finding-soft = Please check:
finding-reason = If it is right, please choose the reason; otherwise change it.
finding-gone = This is settled already.
button-keep = It is right, keep it
words-yes =
    yes
    right
    ok
    keep
ask-reason = Please give the reason in one sentence ({ $least } to { $most } characters).
reason-stock = Please give an actual reason, not just “correct”.
reason-length = The reason must have { $least } to { $most } characters.
reason-none = confirmed
kept = ✔ Noted.

## Review, submission, receipt

nothing-given = empty
review-row = { $number }. { $label } ({ $unit }): { $figures }
review-answer = { $number }. { $label }: { $answer }
review-kept = Explanations:
review-reason = { $message } → { $reason }
review-missing = Not ready to submit:
review-optional = { $count } optional items are empty; you can submit without them.
review-ready = Please check all of this, then submit.
missing-figure = “{ $label }”: { $measures } is required and missing. Enter 0 if there was none.
missing-answer = Question { $number } “{ $label }” is not answered.
missing-answers = Questions { $numbers } are not answered.
cannot-submit = Not ready to submit:
ask-which-item = Which item do you want to change? Press a button or send its number.
button-modify = Change
button-go-on = Go on
button-submit = Submit
button-confirm = Submit now
button-return = Return
button-view = View
confirm-warning = After submission nothing can be changed, unless the service centre or your district returns the report. Submit now?
changed-since = Something has changed since; please look again.
submitted = ✔ Submitted
submitted-already = Submitted already, receipt { $number }.
receipt-number = Receipt number: { $number }
receipt-time = Submitted at: { $at } (revision { $revision })
receipt-digest = Content digest: { $digest }
receipt-keep = Please keep this receipt.
read-only = This report is submitted and cannot be changed. If it must be, ask the service centre or your district to return it.

## Out of turn

not-understood = I did not understand that; nothing was changed.
button-old = This button has expired; nothing was changed. We are here:
button-other = This button belongs to another report; nothing was changed. We are here:
odd-edited = Editing an earlier message does not change what was saved. Please answer here:
odd-sticker = A sticker has no figures. Please answer in words:
odd-voice = I cannot listen to voice messages yet. Please answer in words:
odd-media = Pictures and files are of no use at this step. Please answer in words:
odd-other = I cannot read this kind of message. Please answer in words:
set-aside = Sorry, your last message could not be processed and nothing was changed. Please send it again; if that fails, contact the service centre.

## The menu of commands

command-start = Start
command-report = Fill the report
command-enterprises = Linked enterprises
command-help = Help
command-cancel = Back to the start
command-language = Language
command-privacy = How my data are kept
