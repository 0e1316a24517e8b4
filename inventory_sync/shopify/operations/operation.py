"""What the shell has to know of a GraphQL document besides its text.

Put nothing else here: the documents are in the modules beside this one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Operation:
    """One document with what the shell has to know before it has ever sent it.

    ``estimate_points`` stands for the requested cost until Shopify has told it. ``sizes`` are the
    variables that say how much is asked for at once, in the order in which they are halved.
    """

    name: str
    document: str
    estimate_points: int
    sizes: Mapping[str, int] = field(default_factory=dict)
