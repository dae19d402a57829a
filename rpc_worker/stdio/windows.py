"""What Windows needs besides: binary mode, and standard handles that agree with the descriptors.

UNTESTED: written from the documentation of Microsoft's C runtime and of Win32, and imported in the
tests of other systems by the type checkers only. Reading and writing go through threads there, for
neither anonymous pipes nor consoles can be waited for by a Windows event loop of Python's.
"""

from __future__ import annotations

import sys

if sys.platform == "win32":
    import ctypes
    import msvcrt
    import os

    _HANDLES = {0: -10, 1: -11, 2: -12}  # STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE

    def adopt(source: int | None, sink: int | None) -> None:
        r"""Put the wire into binary mode, and point the standard handles to what took its place.

        In text mode the C runtime would turn `\n` into `\r\n` and end at Ctrl-Z. `dup2` moves
        the standard handles of console programs only; children of others would inherit the wire.
        """
        for fd in (source, sink):
            if fd is not None:
                msvcrt.setmode(fd, os.O_BINARY)
        kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)
        kernel32.SetStdHandle.argtypes = (ctypes.c_ulong, ctypes.c_void_p)
        for fd, number in _HANDLES.items():
            kernel32.SetStdHandle(number & 0xFFFFFFFF, msvcrt.get_osfhandle(fd))
