"""bin/bench's measurements, by their names."""

import sys
from importlib import import_module

NAMES = ("table", "archive", "figures")

if __name__ == "__main__":
    name = (sys.argv[1:] or NAMES)[0]
    if name not in NAMES:
        sys.exit(f"bin/bench [{' | '.join(NAMES)}]")
    import_module(f"bench.{name}").main()
