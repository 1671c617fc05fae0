"""What a file gives to another process runs in its own, so that it is recorded."""

from __future__ import annotations

from harness.recording.stand_ins.processes import Process


def test_a_process_does_its_work_when_it_is_started() -> None:
    done: list[int] = []
    work = Process(target=done.extend, args=([3, 4],))
    assert done == []
    work.start()
    assert done == [3, 4]


def test_a_process_without_a_target_does_nothing_as_in_python() -> None:
    Process().start()


def test_a_class_of_processes_does_what_its_run_says() -> None:
    done: list[str] = []

    class Worker(Process):
        def run(self) -> None:
            done.append(self.name)

    Worker(name="first").start()
    assert done == ["first"]
