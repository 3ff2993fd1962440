"""The running product: channels, the way of one message, delivery, settings, commands."""
