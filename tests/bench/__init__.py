"""How fast the bot is, beside one written the usual way: `make bench`. What is measured: docs/performance.md."""
