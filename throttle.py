"""How often one address may knock at the doors that somebody could try to force."""

from flask.logging import default_handler
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

limiter = Limiter(get_remote_address)
limiter.logger.addHandler(default_handler)  # that Redis is gone is worth a line; who was held off is not
