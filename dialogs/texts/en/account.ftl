# The person's own data: the number, the name, the account.

## What is stored

privacy =
    We store your mobile number, your real name, the enterprises you are linked to and what you report, for operation monitoring only.
    Enterprise data are used by the SME office for monitoring and analysis only and are never published.
privacy-phone = Mobile number: { $phone } (verified)
privacy-name = Real name: { $name }
privacy-nothing = not given
privacy-since = Here since: { $day }
privacy-account = Signed in: { $channel }, { $count }
privacy-enterprises = Linked enterprises: { $links }; you are the reporter of { $seats }
privacy-kept =
    The number shows who you are; the name is read by others of the same enterprise and by administrators.
    Messages from you are kept for { $received } days, ours for { $sent } days; everything else until you close your account.
    Reports and the record of what was done belong to the enterprise and are kept.
channel-telegram = Telegram
channel-web = web page
channel-other = another device
button-export = Export my data
button-rename = Change my name
button-new-phone = Change my number
button-close-account = Close my account
export-made = This is everything that we store about you. Please keep it safe.
my-data-file = my-data-{ $day }.json

## The number

bound = Your mobile number is verified.
bound-back = Welcome back, { $name }.
number-how =
    Please verify your new mobile number with the verification button below.
    The new number must be one that can be verified on this device; linked enterprises and everything filled in stay. To keep your number, send /cancel.
number-again = The verification was too long ago. Please verify the number again, or send /cancel to keep yours.
number-other =
    The number you have just verified, { $phone }, is not that of your account, { $own }.
    After the change you sign in with the new number; linked enterprises and everything filled in stay. Change it?
number-taken =
    There is an account with the number { $phone } already.
    If you switch, this device uses that account; your account ({ $own }) stays as it is, and verifying its number leads back to it.
button-take-number = Change it
button-switch = Switch to that account
number-changed = Your mobile number is { $phone } now.

## The end

closing-goes =
    Closing deletes: your name and mobile number, { $accounts } signed-in devices, the links to { $links } enterprises, the chat history.
    Open requests are withdrawn. It cannot be undone.
closing-seats =
    These enterprises will be without a reporter:
    { $enterprises }
closing-stays =
    What stays: basic data and contact phone of the enterprises, what was reported or drafted, and when which action was taken, without your name and number.
closing-sure = Close the account?
button-close-sure = Close it
account-closed =
    The account is closed; your name and mobile number are deleted.
    Thank you for reporting. Should you need us again, send /start to begin anew.

## What others are told

told-new-device =
    Your account was just signed in somewhere else: { $channel }, { $at }.
    If that was not you, please call at once:
told-new-number =
    The mobile number of your account was just changed: { $channel }, { $at }.
    If that was not you, please call at once:
told-closed =
    Your account was just closed: { $channel }, { $at }.
    If that was not you, please call at once:
told-reporter-left = The reporter of { $enterprise } ({ $code }) has closed the account; the enterprise has no reporter now.

## The comparison with the registry

compare-done = The comparison with the registry succeeded. Please complete the basic data.
compare-failed =
    The comparison with the registry did not succeed; the enterprise is not linked. Please check the three entries against the business licence and try again; within 24 hours { $left } tries are left.
    After many failed tries an enterprise is closed to comparisons for a while, too. If your entries are right, please contact:
compare-locked = You have no tries left. Please try again after 24 hours, or contact:
