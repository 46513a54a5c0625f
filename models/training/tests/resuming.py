"""For tests: stops a run on its way and resumes it."""

import unittest
from collections.abc import Callable
from unittest import mock

import torch

from songweave_training.loop.trainer import Trainer


def assert_same_when_resumed(test: unittest.TestCase, make: Callable[[str], Trainer], at: int) -> None:
    """Whether a run equals one that was stopped after `at` steps and resumed; `make` has the name of the run's folder."""
    whole, first, second = make("whole"), make("halves"), make("halves")
    whole.run()
    step = first._step

    def stopping():
        first.stopping = first.step + 1 == at
        return step()

    with mock.patch.object(first, "_step", stopping):
        first.run()
    second.resume()
    test.assertEqual(second.step, at)
    second.run()
    test.assertEqual(second.resumed, [{"at_step": at, "planned_steps": whole.steps}])
    test.assertEqual(second.history, whole.history)
    for name, net in whole.learned.items():
        if isinstance(net, torch.nn.Module):
            for weight, value in net.state_dict().items():
                test.assertTrue(torch.equal(value, second.learned[name].state_dict()[weight]), f"{name}: {weight}")
