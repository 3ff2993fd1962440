"""The admin chat: what administrators read, order and decide (manual, sections 2.2 and 2.3)."""
