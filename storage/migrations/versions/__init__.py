"""One script a schema, named by its number."""
