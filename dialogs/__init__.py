"""What a conversation is: forms, figures, edits, reducers, pages, texts. Pure: no I/O but its own data files."""
