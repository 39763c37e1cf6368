"""What is kept of people and for how long, and that it is removed."""
