"""All errors that ptcpdump raises on purpose.

Two levels: :class:`PtcpdumpError` and what it can be about. Each carries the exit status that the command ends with;
messages name the object, the cause and the next step.
"""


_LONGEST = 300      # characters of a reason


class PtcpdumpError(Exception):
    """Base of all errors of this package; `exit_status` is what the command exits with."""

    exit_status = 1


def reason_of(error: BaseException) -> str:
    """Kind and text, cut to a length, of an exception that comes from code of others: asking for it may fail, too."""
    try:
        return f"{type(error).__name__}: {error}"[:_LONGEST]
    except BaseException:       # SystemExit from here would end the run
        return type(error).__name__


class UsageError(PtcpdumpError):
    """The command line or an argument is wrong."""

    exit_status = 2


class FilterError(PtcpdumpError):
    """A filter expression can't be compiled, translated or loaded."""


class SavefileError(PtcpdumpError):
    """A savefile can't be read or written."""


class ReaderGone(SavefileError):  # noqa: N818 -- whether that is an error, the reader knows
    """Who reads a savefile from a pipe has closed it."""


class OutputFinished(PtcpdumpError):  # noqa: N818 -- not an error: everything that was asked for is written
    """The output has taken all that it was asked to take (-G with -W); the run ends well."""

    exit_status = 0


class PrinterError(PtcpdumpError):
    """A printer of packets does what it may not do."""


class UnsupportedError(PtcpdumpError):
    """The running kernel can't do what is asked: an option, version or policy is missing."""


class PrivilegeError(PtcpdumpError):
    """A capability is missing."""


class InterfaceError(PtcpdumpError):
    """An interface or network namespace does not exist or can't be used."""


class ContainerError(PtcpdumpError):
    """A container or pod can't be found, or a runtime's answer can't be understood."""
