"""What the tests of the Hub share."""

import pytest


@pytest.fixture
def hub(server):
    """The module's Hub, `server`, as if nothing had happened there."""
    for state in (server.repos, server.blobs, server.faults, server.lost, server.log):
        state.clear()
    return server
