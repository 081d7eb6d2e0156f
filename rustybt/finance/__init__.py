"""Orders, what they cost, and the exact books of what they changed; knows no data and no loop."""
