"""What commands set for the libraries that they load."""

from __future__ import annotations

import importlib
import os
import sys

from harness.cli import compiler, terminal
from harness.cli.compiler import compiler_flags
from harness.models.network import Network


def test_xla_gets_flags_before_tensorflow_is_loaded_and_only_then(monkeypatch):
    monkeypatch.delenv("XLA_FLAGS", raising=False)
    monkeypatch.delitem(sys.modules, "tensorflow", raising=False)
    with compiler_flags("--xla_cpu_prefer_vector_width=512"):
        assert os.environ["XLA_FLAGS"] == "--xla_cpu_prefer_vector_width=512"
    assert "XLA_FLAGS" not in os.environ
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with compiler_flags("--xla_cpu_prefer_vector_width=512"):
        assert "XLA_FLAGS" not in os.environ


def test_tensorflow_gets_one_thread_with_the_products(monkeypatch):
    monkeypatch.delenv("XLA_FLAGS", raising=False)
    monkeypatch.delenv("TF_NUM_INTRAOP_THREADS", raising=False)
    monkeypatch.delitem(sys.modules, "tensorflow", raising=False)
    with compiler_flags(compiler.WIDE_VECTORS):
        assert "TF_NUM_INTRAOP_THREADS" not in os.environ
    with compiler_flags(compiler.ONE_THREAD):
        assert os.environ["TF_NUM_INTRAOP_THREADS"] == "1"
    assert "TF_NUM_INTRAOP_THREADS" not in os.environ
    monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", "2")
    with compiler_flags(compiler.ONE_THREAD):
        assert os.environ["TF_NUM_INTRAOP_THREADS"] == "2"
    assert os.environ["TF_NUM_INTRAOP_THREADS"] == "2"


def test_the_users_own_flags_stay(monkeypatch):
    monkeypatch.setenv("XLA_FLAGS", "--xla_cpu_enable_fast_math=false")
    monkeypatch.delitem(sys.modules, "tensorflow", raising=False)
    with compiler_flags("--xla_cpu_prefer_vector_width=512"):
        assert os.environ["XLA_FLAGS"] == "--xla_cpu_enable_fast_math=false"
    assert os.environ["XLA_FLAGS"] == "--xla_cpu_enable_fast_math=false"


def test_threads_are_for_large_products_only():
    wide = Network((784, 128, 10), ("sigmoid",) * 2)
    assert compiler.flags_of_single(wide, 128) == compiler.WIDE_VECTORS  # 12,845,056 multiplications
    assert compiler.flags_of_single(wide, 32).split() == [compiler.ONE_THREAD, compiler.WIDE_VECTORS]  # 3,211,264


def test_a_product_of_small_product_multiplications_has_one_thread():
    network = Network((64, 64, 32, 10), ("sigmoid",) * 3)
    assert compiler.ONE_THREAD in compiler.flags_of_single(network, 1024)  # 4,194,304 without the bias
    assert compiler.ONE_THREAD not in compiler.flags_of_single(network, 1025)


def is_one_function(flags):
    return compiler.ONE_FUNCTION in flags.split()


def test_a_loop_is_one_function_if_nothing_in_it_is_a_matrix_product():
    """Products would be slower; 48 layers would take three times as long to compile."""
    wide, small = (Network(sizes, ("sigmoid",) * 3) for sizes in ((8, 16, 16, 4), (2, 3, 3, 2)))
    deep = Network((3,) * 49, ("sigmoid",) * 48)
    assert [is_one_function(compiler.flags_of_single(wide, n)) for n in (2, 15, 16)] == [True, True, False]  # 272 n
    assert [is_one_function(compiler.flags_of_ensemble(wide, n)) for n in (2, 256)] == [True, False]
    assert is_one_function(compiler.flags_of_ensemble(small, 10**6))
    assert not is_one_function(compiler.flags_of_single(deep, 2))
    assert not is_one_function(compiler.flags_of_ensemble(deep, 2))


def test_tensorflow_is_loaded_as_if_what_it_does_not_need_were_not_installed(tmp_path, monkeypatch):
    tmp_path.joinpath("unneeded.py").write_text("")
    script = "try:\n    import unneeded\nexcept ImportError:\n    unneeded = None\n"
    tmp_path.joinpath("tensorflow.py").write_text(script)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(terminal, "UNNEEDED", ("unneeded",))
    monkeypatch.setitem(sys.modules, "tensorflow", None)  # restored afterwards, also if it was not loaded
    del sys.modules["tensorflow"]
    terminal.load_tensorflow()
    assert sys.modules["tensorflow"].unneeded is None
    assert importlib.import_module("unneeded").__file__ == str(tmp_path / "unneeded.py")
