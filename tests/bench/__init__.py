"""What the site costs, measured: by bin/bench, never by the tests."""
