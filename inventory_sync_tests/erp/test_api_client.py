"""The HTTP shell of an API: what is sent again, what never is, and what people are told."""

from decimal import Decimal

import httpx
import pytest

from inventory_sync.domain.errors import ErpUnavailable
from inventory_sync.erp.api_client import MAX_ATTEMPTS, Access, ApiClient

KEY = "canary-7f3a"
LOST = httpx.ReadTimeout("slow")
UNMADE = httpx.ConnectError("refused")
BUSY = httpx.Response(503, text="<html>busy</html>")
TOO_MANY = httpx.Response(429, headers={"Retry-After": "3"})
FINE = httpx.Response(200, text='{"quantity": 0.1}')


class Line:
    """A client whose server gives these answers in turn, and the time that it waited."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.waited: list[float] = []
        self.calls = 0
        access = Access("Tryton", "http://erp.test/erp/", {"Authorization": KEY}, (KEY,))
        self.client = ApiClient(
            access, transport=httpx.MockTransport(self._answer), sleep=self.waited.append
        )

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.calls += 1
        answer = self.answers[min(self.calls, len(self.answers)) - 1]
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.mark.parametrize("trouble", [LOST, UNMADE, BUSY, TOO_MANY], ids=str)
def test_a_read_is_asked_again_after_any_passing_trouble(trouble):
    line = Line(trouble, FINE)
    reply = line.client.post("search", {}, reads_only=True)
    assert (reply.status, reply.document) == (200, {"quantity": Decimal("0.1")})
    assert len(line.waited) == 1


@pytest.mark.parametrize(("trouble", "calls"), [(LOST, 1), (BUSY, 1), (UNMADE, 2), (TOO_MANY, 2)])
def test_a_write_is_sent_again_only_when_it_did_not_run(trouble, calls):
    line = Line(trouble, FINE)
    if calls == 1:
        with pytest.raises(ErpUnavailable):
            line.client.post("create", {}, reads_only=False)
    else:
        line.client.post("create", {}, reads_only=False)
    assert line.calls == calls


def test_patience_ends_and_the_server_may_ask_for_it():
    line = Line(TOO_MANY)
    with pytest.raises(ErpUnavailable, match="429"):
        line.client.post("search", {}, reads_only=True)
    assert line.waited == [3.0] * (MAX_ATTEMPTS - 1)


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(401),
        httpx.Response(200, text="<html>a login page</html>"),
        httpx.Response(302, headers={"Location": f"https://elsewhere.test/?key={KEY}"}),
        httpx.ConnectError(f"no route with {KEY}"),
    ],
    ids=["refused key", "html", "redirect", "no connection"],
)
def test_trouble_is_one_sentence_without_the_key(answer):
    with pytest.raises(ErpUnavailable, match=r"^Tryton at erp\.test .*\.$") as told:
        Line(answer).client.post("search", {}, reads_only=True)
    assert KEY not in str(told.value)


def test_calls_together_keep_their_order_and_tell_the_first_error():
    client = Line(FINE).client
    assert client.together((lambda n=n: n * n) for n in range(20)) == [n * n for n in range(20)]
    with pytest.raises(ZeroDivisionError):
        client.together((lambda n=n: 1 // n) for n in (2, 0, 3))
