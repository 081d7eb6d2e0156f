"""Gives a process up its rights for good, then runs a module in it.

Started as a script, with one JSON argument (`Cage`), before anything else is imported: a user
namespace wants a process of one thread, and Landlock holds the threads that come after it. Linux
only; what the kernel does not offer is reported as missing, not as an error. Imports no package.
"""

import ctypes
import json
import os
import resource
import runpy
import sys
from collections.abc import Iterable

NETWORK, PRIVILEGES, FILES, CALLS = "network", "privileges", "files", "calls"
LAYERS = (NETWORK, PRIVILEGES, FILES, CALLS)

_NEW_USER, _NEW_NET, _NEW_IPC = 0x1000_0000, 0x4000_0000, 0x0800_0000
_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS, _SIGKILL = 1, 38, 9
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # Landlock, on every architecture
_ABI_VERSION, _PATH_BENEATH = 1, 1
_READ_FILE, _READ_DIR = 1 << 2, 1 << 3
_RIGHTS_OF_ABI = {1: 13, 2: 14, 3: 15, 4: 15}  # how many rights it knows; 16 from ABI 5 on
_NETWORK_ABI, _SCOPE_ABI = 4, 6
_TCP, _OTHER_PROCESSES = 0b11, 0b11
_PR_SET_SECCOMP, _FILTER, _X32 = 22, 2, 0x4000_0000
_LOAD, _IF_EQUAL, _IF_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _REFUSE = 0x7FFF_0000, 0x0005_0001  # the latter with EPERM
# Of machines by name: what seccomp calls them, and the numbers of socket, connect, execve, execveat,
# ptrace, process_vm_readv, process_vm_writev and io_uring_setup. A network namespace does not hold
# sockets that have a path, such as that of Docker.
_CALLS = {
    "x86_64": (0xC000_003E, (41, 42, 59, 322, 101, 310, 311, 425)),
    "aarch64": (0xC000_00B7, (198, 203, 221, 281, 117, 270, 271, 425)),
}


class _Ruleset(ctypes.Structure):
    _fields_ = (
        ("files", ctypes.c_uint64),
        ("network", ctypes.c_uint64),
        ("scoped", ctypes.c_uint64),
    )


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


class _Instruction(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_uint16),
        ("if_true", ctypes.c_uint8),
        ("if_false", ctypes.c_uint8),
        ("value", ctypes.c_uint32),
    )


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint16), ("code", ctypes.POINTER(_Instruction)))


def confine(readable: Iterable[str], *, cpu_seconds: int) -> list[str]:
    """Give up writing, executing, other files and the network, and bound CPU time.

    Parameters
    ----------
    readable
        Files and folders that stay readable; absent ones are skipped.
    cpu_seconds
        After which the kernel ends the process.

    Returns
    -------
    list[str]
        Layers of `LAYERS` that this kernel refuses; empty if all hold.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    _bound(cpu_seconds)
    network, unprivileged = _leave_namespaces(libc)
    held = {
        NETWORK: network,
        PRIVILEGES: _no_new_privileges(libc) and unprivileged,
        FILES: _landlock(libc, readable),
        CALLS: _refuse_calls(libc),
    }
    return [name for name in LAYERS if not held[name]]


def _bound(cpu_seconds: int) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (1024, 1024))


def _leave_namespaces(libc: ctypes.CDLL) -> tuple[bool, bool]:
    """Return whether the network is gone, and whether root's privileges are."""
    # A user namespace takes root's capabilities away, so that mode 0444 holds against root too.
    wanted = _NEW_NET | _NEW_IPC
    if libc.unshare(_NEW_USER | wanted) == 0:
        return True, True
    return bool(libc.unshare(wanted) == 0), os.geteuid() != 0


def _no_new_privileges(libc: ctypes.CDLL) -> bool:
    libc.prctl(_PR_SET_PDEATHSIG, _SIGKILL, 0, 0, 0)  # no orphans
    return bool(libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)


def _refuse_calls(libc: ctypes.CDLL) -> bool:
    """Refuse sockets, programs and the memory of other processes, by seccomp."""
    architecture, refused = _CALLS.get(os.uname().machine, (0, ()))
    if not refused:
        return False
    left = len(refused) + 1  # instructions between the first comparison of a number and the refusal
    code = [
        (_LOAD, 0, 0, 4),
        (_IF_EQUAL, 0, left + 2, architecture),
        (_LOAD, 0, 0, 0),
        (_IF_AT_LEAST, left, 0, _X32),
        *((_IF_EQUAL, left - 1 - at, 0, number) for at, number in enumerate(refused)),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _REFUSE),
    ]
    instructions = (_Instruction * len(code))(*(_Instruction(*it) for it in code))
    program = _Program(length=len(code), code=instructions)
    return bool(libc.prctl(_PR_SET_SECCOMP, _FILTER, ctypes.byref(program), 0, 0) == 0)


def _landlock(libc: ctypes.CDLL, readable: Iterable[str]) -> bool:
    abi = libc.syscall(_CREATE_RULESET, None, 0, _ABI_VERSION)
    if abi < 3:  # before 3 a file that may not be written may be truncated
        return False
    rules = _Ruleset(
        files=(1 << _RIGHTS_OF_ABI.get(abi, 16)) - 1,
        network=_TCP if abi >= _NETWORK_ABI else 0,
        scoped=_OTHER_PROCESSES if abi >= _SCOPE_ABI else 0,
    )
    fields = 3 if abi >= _SCOPE_ABI else 2 if abi >= _NETWORK_ABI else 1
    ruleset = libc.syscall(_CREATE_RULESET, ctypes.byref(rules), ctypes.c_size_t(8 * fields), 0)
    if ruleset < 0:
        return False
    for path in readable:
        _let_read(libc, ruleset, path)
    held = libc.syscall(_RESTRICT_SELF, ruleset, 0) == 0
    os.close(ruleset)
    return bool(held)


def _let_read(libc: ctypes.CDLL, ruleset: int, path: str) -> None:
    try:
        parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    rights = _READ_FILE | _READ_DIR if os.path.isdir(path) else _READ_FILE  # noqa: PTH112 - no imports
    rule = _Beneath(allowed=rights, parent=parent)
    libc.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, ctypes.byref(rule), 0)
    os.close(parent)


class _NoPandas:
    """Hides pandas, which pyarrow would load where it is installed, at half a second a start."""

    @staticmethod
    def find_spec(name: str, *_: object) -> None:
        if name == "pandas":
            raise ModuleNotFoundError(name=name)


if __name__ == "__main__":
    cage = json.loads(sys.argv[1])
    sys.meta_path.insert(0, _NoPandas())
    missing = confine(cage["readable"], cpu_seconds=cage["cpu_seconds"])
    runpy.run_module(cage["module"], init_globals={"MISSING": missing}, run_name="__main__")
