"""A format that the CPU has no instructions for is remarked on; what is unknown is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.oracle import cpu_formats
from orchestrator.oracle.cpu_formats import multiplies, remark_on

X86 = "processor\t: 0\nmodel name\t: A CPU @ 2.5 GHz\nflags\t\t: fpu avx2 avx512f{}\nbugs\t: x\n"
ARM = "processor\t: 0\nFeatures\t: fp asimd{}\n"


@pytest.fixture
def info(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What Linux says of the CPU."""
    monkeypatch.setattr(cpu_formats, "_CPU_INFO", tmp_path / "cpuinfo")
    monkeypatch.setattr(cpu_formats.sys, "platform", "linux")
    return tmp_path / "cpuinfo"


@pytest.mark.parametrize(
    ("stated", "bf16", "fp16"),
    [
        (X86.format(""), False, False),
        (X86.format(" avx512_bf16"), True, False),
        (X86.format(" amx_tile amx_bf16 avx512_fp16"), True, True),
        (ARM.format(""), False, False),
        (ARM.format(" asimdhp bf16"), True, True),
        ("processor\t: 0\n", True, True),
    ],
)
def test_formats_are_told_by_the_instructions(
    stated: str, bf16: bool, fp16: bool, info: Path
) -> None:
    info.write_text(stated)
    assert (multiplies("bf16"), multiplies("fp16")) == (bf16, fp16)
    assert multiplies("fp32")
    assert multiplies("tf32")


def test_a_slow_format_is_remarked_on_where_a_cpu_computes(info: Path) -> None:
    info.write_text(X86.format(""))
    assert remark_on("bf16", "cpu") == (
        "this CPU has no bf16 instructions, so precision bf16 is several times slower here than "
        "fp32"
    )
    assert remark_on("bf16", "cuda") == remark_on("fp32", "cpu") == ""


def test_nothing_is_said_where_nothing_is_known(info: Path) -> None:
    assert not info.exists()
    assert remark_on("bf16", "cpu") == ""


@pytest.mark.parametrize(("answer", "known"), [("1", True), ("0", False), ("", True)])
def test_an_apple_is_asked(answer: str, known: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cpu_formats.sys, "platform", "darwin")
    monkeypatch.setattr(cpu_formats, "_apple_says", lambda name: answer if "BF16" in name else "1")
    assert multiplies("bf16") is known
