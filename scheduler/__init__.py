"""What happens by the clock: rules that are pure, and a ticker that turns what is due into rows."""
