# The enterprises of a person.

button-more = More
button-earlier = Previous
button-later = Next
enterprise-name = { $name } ({ $code })
enterprise-basics = { $district }, { $category }
seat-held = Reporter: { $reporter }
button-unlink = Unlink
button-unlink-sure = Unlink it
unlink-sure = End your link to “{ $enterprise }”? What was reported is kept, and you can link it again.
unlink-reporter = You report for “{ $enterprise }”. Please hand that over first, then unlink it.
unlinked = You are no longer linked to “{ $enterprise }”.
link-asked = Your link to “{ $enterprise }” was passed on to the district's office; you will be told here.
cannot-open-link = There is no such enterprise. Please look at the enterprises that you are linked to.
enterprise-with-state = { $name } – { $state }
button-next-enterprise = Next enterprise
