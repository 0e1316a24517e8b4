"""Fetches the file of a bulk operation from where Shopify has put it.

Put here what is special about an address that is not the Admin API: it gets no token, it costs no
points, and it can be asked again at will. What is in the file is told by ``exports.py``.
"""

import logging
from typing import Final

import httpx

from inventory_sync.shopify.pacing import Timing
from inventory_sync.shopify.requests import is_safe

ATTEMPTS: Final = 3
MOST_BYTES: Final = 1 << 30
"""A million items take less. What is larger is not ours, or was packed to fill our memory."""

LONGEST_SECONDS: Final = 300.0
_PAUSE_SECONDS: Final = 1.0

# Its INFO lines tell every address.
logging.getLogger("httpx").setLevel(logging.WARNING)


class NoFile(Exception):
    """The file cannot be had; the message says why, and never shows its address: it is a secret."""


def download(http: httpx.Client, url: str, timing: Timing) -> bytes:
    """The whole file. Raises ``NoFile`` when it is gone or cannot be fetched in some attempts."""
    if not is_safe(url):
        raise NoFile("its file is not at an https address")
    attempt = 1
    while True:
        cause, is_passing = "", True
        try:
            with http.stream("GET", url) as response:
                if response.status_code == 200:
                    return _content(response, timing)
            cause = f"its file is not there (HTTP {response.status_code})"
            is_passing = response.status_code >= 500 or response.status_code == 429
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            cause = f"its file could not be fetched ({type(error).__name__})"
        if not is_passing or attempt == ATTEMPTS:
            raise NoFile(cause)
        timing.sleep(_PAUSE_SECONDS * attempt)
        attempt += 1


def _content(response: httpx.Response, timing: Timing) -> bytes:
    """All of it, unpacked. Raises ``NoFile`` when it is too large or comes too slowly."""
    content, due_at = bytearray(), timing.clock() + LONGEST_SECONDS
    for piece in response.iter_bytes():
        content += piece
        if len(content) > MOST_BYTES:
            raise NoFile(f"its file is larger than {MOST_BYTES:,} bytes")
        if timing.clock() > due_at:
            raise NoFile(f"its file did not come within {LONGEST_SECONDS:g} s")
    return bytes(content)
