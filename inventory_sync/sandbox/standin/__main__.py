"""``python -m inventory_sync.sandbox.standin --seed shops.json --port 8790``.

Put command line arguments here. Exit code 0: stopped by a signal, 1: it could not start, 2: wrong
usage or seeds.
"""

import argparse
import sys
from pathlib import Path

from inventory_sync.sandbox.standin.seed import shops_from_json
from inventory_sync.sandbox.standin.server import PortTaken, serve


def main(arguments: list[str] | None = None) -> int:
    """Serve the shops of a seed file on 127.0.0.1 until Ctrl-C."""
    parser = argparse.ArgumentParser(
        prog="python -m inventory_sync.sandbox.standin",
        description="A stand-in for the Shopify Admin API 2026-10: many shops on one local port.",
    )
    parser.add_argument("--seed", type=Path, help="JSON file with a list of shops")
    parser.add_argument("--port", type=int, default=8790, help="port on 127.0.0.1 (default 8790)")
    parser.add_argument("--state", type=Path, help="file that keeps the shops over a restart")
    options = parser.parse_args(arguments)
    try:
        seeds = shops_from_json(options.seed.read_bytes()) if options.seed else ()
    except (OSError, ValueError) as error:
        print(f"The seed file {options.seed} cannot be used: {error}", file=sys.stderr)
        return 2
    try:
        serve(seeds, port=options.port, state_path=options.state)
    except OSError as error:
        print(f"The state file {options.state} cannot be used: {error}", file=sys.stderr)
        return 1
    except (PortTaken, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
