"""Whose packets: processes that know the truth themselves, against what is shown. SCENARIOS is what there is."""

# imported for what they register, in the order of the table
from tests.live.attribution import (  # noqa: F401, I001
    cases_processes, cases_handed, cases_sockets, cases_senders, cases_calls, cases_flows, cases_kernel, cases_siblings,
    cases_passing, cases_replayed, cases_steered,
)
from tests.live.attribution.scenario import SCENARIOS

__all__ = ["SCENARIOS"]
