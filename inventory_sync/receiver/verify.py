"""Who may deliver: a body is signed with the secret of the store whose route it came by.

Put here what a store's secrets are and how a signature is compared. Only the body is signed, so
nothing else of a delivery proves anything (facts 4); keep out what is made of the body.
"""

import base64
import hmac
from collections.abc import Collection
from dataclasses import dataclass, field

from inventory_sync.domain.errors import InventorySyncError


@dataclass(frozen=True, slots=True)
class StoreSecrets:
    """What one store's route needs: the domain of its shop, and the secrets that sign for it.

    There are two secrets while one replaces the other, which takes Shopify up to an hour. Raises
    ``InventorySyncError`` when there is none, or an empty one: that would sign like any other.
    """

    shop: str
    secrets: Collection[bytes] = field(repr=False)

    def __post_init__(self) -> None:
        if not self.secrets or not all(secret.strip() for secret in self.secrets):
            raise InventorySyncError(
                f"The webhook secret of {self.shop} is empty, and anybody could sign with it; "
                "set webhook_secret to the client secret of the app."
            )

    def signed(self, body: bytes, signature: bytes) -> bool:
        """Whether one of the secrets signs this very body so: base64 of its HMAC-SHA256."""
        fits = [hmac.compare_digest(sign(body, secret), signature) for secret in self.secrets]
        return any(fits)

    def signed_query(self, message: bytes, signature: bytes) -> bool:
        """Whether one of the secrets signs a question of the app proxy so (``promise.py``)."""
        fits = [
            hmac.compare_digest(sign_query(message, secret), signature) for secret in self.secrets
        ]
        return any(fits)


def sign_query(message: bytes, secret: bytes) -> bytes:
    """The signature of a question as the app proxy puts it into ``signature``: hex."""
    return hmac.digest(secret, message, "sha256").hex().encode()


def sign(body: bytes, secret: bytes) -> bytes:
    """The signature of a body as Shopify puts it into X-Shopify-Hmac-Sha256."""
    return base64.b64encode(hmac.digest(secret, body, "sha256"))
