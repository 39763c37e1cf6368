"""The operator's side: the flask commands, the worker's jobs, moving to PostgreSQL."""
