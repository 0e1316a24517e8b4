"""The faults that Odoo answers with, in JSON-RPC and in JSON-2.

Put here how an answer is found to be a fault and of what sort it is. Keep out which error a pass
sees of it (``odoo_client.py``).
"""

from dataclasses import dataclass
from typing import Final

import httpx

from inventory_sync.erp.api_client import Reply

# What Odoo itself has repeated five times in vain, and a database that is away.
_PASSING: Final = frozenset(
    {"SerializationFailure", "LockNotAvailable", "DeadlockDetected", "OperationalError", ""}
)
_LOGIN: Final = frozenset({"AccessDenied", "SessionExpiredException", "Unauthorized"})
_NO_MODEL: Final = frozenset({"UserError", "KeyError", "NotFound"})


@dataclass(frozen=True, slots=True)
class Fault:
    """The name of Odoo's exception, without its module, and what it says."""

    name: str
    message: str

    @property
    def is_passing(self) -> bool:
        """Whether it is about Odoo's state, not about the call."""
        return self.name in _PASSING

    @property
    def is_about_login(self) -> bool:
        """Whether the user is not let in."""
        return self.name in _LOGIN

    @property
    def is_no_model(self) -> bool:
        """Whether ``fields_get`` says so of a model that is not there: of one that is it refuses
        nothing, and the words come in the user's language.
        """
        return self.name in _NO_MODEL


def fault_in(reply: Reply) -> Fault | None:
    """The fault that an answer holds: in JSON-RPC beside status 200, in JSON-2 with its status."""
    document = reply.document
    if isinstance(document, dict) and "jsonrpc" in document:
        error = document.get("error")
        if error is None:
            return None
        data = error.get("data") or {}
        return _fault(data.get("name"), data.get("message") or error.get("message"))
    if reply.status < httpx.codes.BAD_REQUEST:
        return None
    if isinstance(document, dict):
        return _fault(document.get("name"), document.get("message"))
    return _fault("NotFound" if reply.status == httpx.codes.NOT_FOUND else "", document)


def _fault(name: object, message: object) -> Fault:
    return Fault(str(name or "").rpartition(".")[2], str(message or ""))
