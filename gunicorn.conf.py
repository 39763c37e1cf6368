"""How gunicorn runs the site, wherever it is started from here: bin/run, deploy/, tests."""

worker_class = "server.BufferingWorker"
threads = 8
control_socket_disable = True
