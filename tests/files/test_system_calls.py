"""The filter of system calls, carried out as the kernel does (linux/bpf_common.h)."""

from __future__ import annotations

import platform
import struct
from errno import ENOSYS, EPERM

import pytest

from appliance.files.fences import BwrapFence, FenceMissing
from appliance.files.system_calls import REFUSED, MachineUnknown, program

ARCHES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
OTHER_ARCH = 0x40000003  # i386


def answer(code: bytes, arch: int, number: int, *arguments: int) -> int:
    """Return the error that a filter gives to a call, 0 where it allows it."""
    data = struct.pack("=IIQ6Q", number, arch, 0, *arguments, *[0] * (6 - len(arguments)))
    steps = list(struct.iter_unpack("=HBBI", code))
    at = held = 0
    while True:
        operation, then, otherwise, value = steps[at]
        at += 1
        if operation == 0x20:
            (held,) = struct.unpack_from("=I", data, value)
        elif operation == 0x54:
            held &= value
        elif operation == 0x06:
            assert value == 0x7FFF0000 or value >> 16 == 5
            return 0 if value == 0x7FFF0000 else value & 0xFFFF
        else:
            met = {0x15: held == value, 0x35: held >= value, 0x45: bool(held & value)}[operation]
            at += then if met else otherwise


@pytest.mark.parametrize(("machine", "column"), [("x86_64", 0), ("aarch64", 1)])
def test_each_call_of_the_table_is_refused_and_the_others_are_not(machine: str, column: int) -> None:
    code, arch = program(machine), ARCHES[machine]
    refused = {both[column] for both in REFUSED.values()}
    clone3 = 435
    for number in range(500):
        expected = EPERM if number in refused else ENOSYS if number == clone3 else 0
        assert answer(code, arch, number) == expected, number


@pytest.mark.parametrize(("machine", "clone", "fcntl", "mmap"), [("x86_64", 56, 72, 9), ("aarch64", 220, 25, 222)])
def test_what_a_call_is_given_decides(machine: str, clone: int, fcntl: int, mmap: int) -> None:
    code, arch = program(machine), ARCHES[machine]
    new_user, threads, private, shared, anonymous = 0x10000000, 0x3D0F00, 2, 1, 0x20
    assert answer(code, arch, clone, new_user | 17) == EPERM
    assert answer(code, arch, clone, threads) == 0
    for command in (6, 7, 37, 38, 1031):
        assert answer(code, arch, fcntl, 0, command) == EPERM
        assert answer(code, arch, fcntl, 0, command | 1 << 32) == EPERM
    assert answer(code, arch, fcntl, 0, 2) == 0
    assert answer(code, arch, mmap, 0, 4096, 3, shared | anonymous) == EPERM
    assert answer(code, arch, mmap, 0, 4096, 3, private | anonymous) == 0
    assert answer(code, arch, mmap, 0, 4096, 3, shared, 5) == 0


def test_calls_of_another_instruction_set_are_refused() -> None:
    read = 0
    assert answer(program("x86_64"), ARCHES["x86_64"], read) == 0
    assert answer(program("x86_64"), ARCHES["x86_64"], 0x40000000 + read) == EPERM
    for machine in ARCHES:
        assert answer(program(machine), OTHER_ARCH, read) == EPERM


async def test_a_machine_without_a_filter_has_no_fence(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(MachineUnknown):
        program("riscv64")
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    with pytest.raises(FenceMissing, match="riscv64, only for x86_64 and aarch64"):
        await BwrapFence(("/usr/bin/true",), ()).start()
