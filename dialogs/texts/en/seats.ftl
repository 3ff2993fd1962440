# The seat: claimed, handed over, offered.

claim-asked = Your claim to report for “{ $enterprise }” was passed on to the district's office; you will be told here.
button-transfer = Change reporter
ask-associate = Who is to report for “{ $enterprise }”?
associate = { $name } { $phone }
transfer-sure = Make { $reporter } ({ $phone }) the reporter of “{ $enterprise }”? You will then no longer be able to report; the other person goes on with what is not submitted.
button-transfer-sure = Hand over
transfer-done = Handed over. { $reporter } now reports for “{ $enterprise }”.
transfer-yours = You now report for “{ $enterprise }”. Everything entered so far is there; you need not apply.
transfer-lost = { $reporter } now reports for “{ $enterprise }”. If in doubt, please call your district or the service centre.
transfer-nobody =
    Nobody else is linked to “{ $enterprise }” yet.
    Please have your colleague verify a phone number here and link the enterprise; then you can choose that person here.
invited = The office invites you to report for “{ $enterprise }”.
button-accept = Accept
invitation-dead = This invitation is not valid: it was used, has expired, or was made for another phone number. Please ask your district for a new one.
granted-link = You are now linked to “{ $enterprise }”.
refused-link = You were not linked to “{ $enterprise }”. If in doubt, please call your district or the service centre.
granted-seat = You now report for “{ $enterprise }”.
refused-seat = Your claim to report for “{ $enterprise }” was refused. If in doubt, please call your district or the service centre.
