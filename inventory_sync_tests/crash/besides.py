"""Something that goes on beside a test, in a thread of its own, until the test is done with it."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def besides(work: Callable[[], None], over: threading.Event) -> Iterator[None]:
    """``work`` runs while this is held; ``over`` tells it to come to its end."""
    thread = threading.Thread(target=work, name=work.__qualname__)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
