"""The tests: tables, transcripts and properties on real databases, a real messenger protocol and real processes."""
