"""Letters: which one goes to whom, that they go, and the calendar entries that they bring."""
