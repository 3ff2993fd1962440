"""The way from each schema to the next. A script is never changed once a database has run it."""
