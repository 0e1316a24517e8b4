"""The fake keeps the same law as the real connectors."""

import pytest

from inventory_sync_tests.erp.contract import ErpSourceContract
from inventory_sync_tests.erp.fake import FakeErp


class TestFakeErp(ErpSourceContract):
    @pytest.fixture
    def source_of(self):
        return FakeErp
