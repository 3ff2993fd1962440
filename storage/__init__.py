"""Everything that is kept: tables, the one transaction type, and the queries by subject."""
