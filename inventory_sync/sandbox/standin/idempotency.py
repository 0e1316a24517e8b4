"""Idempotency keys that a shop has seen.

Put what a repeated key leads to here. What a mutation does is in ``writes.py`` and
``activation.py``; that a key is required at all in ``mutations.py``.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from inventory_sync.sandbox.standin.seed import IdempotencyMode

Payload = dict[str, Any]

# Shopify forgets keys after a time that it does not state; here the oldest go first.
KEYS_KEPT = 2_000

MISMATCH = "IDEMPOTENCY_KEY_PARAMETER_MISMATCH"
MISMATCH_MESSAGE = (
    "The request with this idempotency key has different parameters than the original request."
)


class KeyMismatch(Exception):
    """The key was used before with other parameters."""


class KnownKeys:
    """Each key with the parameters it came with and the payload it led to."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[str, Payload]] = {}

    def once(
        self,
        key: str,
        parameters: Mapping[str, Any],
        perform: Callable[[], Payload],
        *,
        mode: IdempotencyMode,
    ) -> Payload:
        """Perform the mutation, unless this key has done so and the shop replays answers.

        Raises ``KeyMismatch`` when the key is known with other parameters. Shopify documents
        ``replay``; live shops were seen to ``reprocess``, so that only a compare-and-swap saves
        the caller. A good client works with either.
        """
        text = json.dumps(parameters, sort_keys=True)
        fingerprint = hashlib.sha256(text.encode()).hexdigest()
        seen = self._seen.get(key)
        if seen is not None and seen[0] != fingerprint:
            raise KeyMismatch(key)
        if seen is not None and mode == "replay":
            return seen[1]
        payload = perform()
        self._seen[key] = (fingerprint, payload)
        if len(self._seen) > KEYS_KEPT:
            del self._seen[next(iter(self._seen))]
        return payload
