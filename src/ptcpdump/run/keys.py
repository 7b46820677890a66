"""TLS keys of the processes whose packets a run wants."""

from collections.abc import Callable

from ptcpdump.kernel.loading.secrets import Secret
from ptcpdump.kernel.owners.selection import Selection
from ptcpdump.procfs import PROC, read_user
from ptcpdump.run.settings import Settings
from ptcpdump.tls.files import system_libraries
from ptcpdump.tls.probing import KeyProbes, Taker


def probe_keys(settings: Settings, selected: Selection | None, taker: Taker,
               warn: Callable[[str], None]) -> KeyProbes:
    """Take keys from now on. selected: who is wanted, None for all.

    Raises UnsupportedError or PrivilegeError where the kernel allows none of it.
    """

    def wants(secret: Secret) -> bool:
        return selected is None or selected.wants(secret.pid, secret.start, secret.uid, secret.cgroup, secret.comm)

    def looks_at(pid: int) -> bool:
        """Names and containers are compared when a secret comes: until then the files of everybody may be meant."""
        if selected is None or settings.owner.names or settings.owner.by_container:
            return True
        uid = read_user(PROC / str(pid))
        return uid is not None and selected.wants(pid, 0, uid, 0, "")

    probes = KeyProbes(settings.tls_keys, wants, looks_at, taker, warn, settings.kernel_btf or None)
    try:
        probes.start([*settings.programs, *system_libraries()])
    except BaseException:
        probes.close()
        raise
    return probes
