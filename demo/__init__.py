"""The made-up district and the made-up archive; no part of the product."""
