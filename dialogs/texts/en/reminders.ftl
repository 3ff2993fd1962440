# What is said without being asked: to reporters before and after the deadline, and to offices.

reminder-by =
    the end of { $day } { $month ->
        [1] January
        [2] February
        [3] March
        [4] April
        [5] May
        [6] June
        [7] July
        [8] August
        [9] September
        [10] October
        [11] November
       *[12] December
    }
reminder-opened = The report { $period } can be filled now. Please submit it before { $by }:
reminder-due = The report { $period } is not submitted yet. Please submit it before { $by }:
reminder-last = The report { $period } is not submitted yet, and { $hours } hours are left until { $by }:
reminder-overdue = The report { $period } was due by { $by } and is not submitted yet. Please submit it soon:
reminder-line = { $number }. { $name } ({ $state })
button-tomorrow = Remind me tomorrow
button-silence = Not again this month
hushed-until =
    You will be reminded of the report { $period } again on { $day } { $month ->
        [1] January
        [2] February
        [3] March
        [4] April
        [5] May
        [6] June
        [7] July
        [8] August
        [9] September
        [10] October
        [11] November
       *[12] December
    }.
hushed-past-deadline =
    There is no working day left before { $by }, so you will not be reminded again. Please remember to submit the report { $period }.
hushed-month = You will not be reminded of the report { $period } again this month. It is still due by { $by }. To be reminded after all, press “Remind me tomorrow”.
hush-over = There are no more reminders for the report { $period }.
journal-hushed = put off or silenced reminders

## Offices

office-unreported = { $where }: { $count } enterprises have no reporter, and their report { $period } is not submitted (due by { $by }):
office-late = { $where }: { $count } enterprises have not submitted the report { $period } by the deadline:
office-list-more = … and { $count } more
office-late-hint = The whole list: /missing
