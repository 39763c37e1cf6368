"""How often one address may knock at the doors that somebody could try to force."""

from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

limiter = Limiter(get_remote_address)
