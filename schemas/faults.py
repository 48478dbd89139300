"""The errors a person sees. Each says what is wrong and what to do, and carries the exit code (sysexits)."""


class Fault(Exception):
    """Our own fault: exit 70. The subclasses are everybody else's."""

    code = 70


class UsageFault(Fault):
    """The command or the recipe is wrong."""

    code = 64


class DataFault(Fault):
    """The data broke a limit or a contract."""

    code = 65


class MissingFault(Fault):
    """An input is not there."""

    code = 66


class StorageFault(Fault):
    """Disk or network failed."""

    code = 74


class BusyFault(Fault):
    """Another run holds the lock, or the Hub moved; try again."""

    code = 75


class DeniedFault(Fault):
    """The Hub said no."""

    code = 77
