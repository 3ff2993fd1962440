# Returns: asked for, told of, corrected.

button-ask-return = Ask for return
ask-return-reason = You are asking for the return of the report { $period } of “{ $enterprise }”. Once it is returned you can correct and submit it again.
ask-reason-line = Please give the reason in one sentence:
reason-unread = Please give the reason in one sentence of at most 200 characters.
return-asked =
    Your request for the return of { $period } of “{ $enterprise }” was passed on; you will be told here. If it is urgent, please call:
return-refused = The report { $period } of “{ $enterprise }” was not returned and stays submitted. If in doubt, please call your district or the service centre.
returned = The report { $period } of “{ $enterprise }” was returned for correction.
returned-reason = Reason: { $reason }
returned-items = Please check: { $items }
flagged = The office asks you to check this item: { $reason }
button-as-is = It is right as it is
left-as-is = ✔ “{ $label }” stays as it is.
missing-flagged = “{ $label }” is to be checked because of the return, and was not yet.
cannot-open-report = There is no submitted report for this period.
