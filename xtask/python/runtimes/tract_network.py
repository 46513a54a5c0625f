"""The step graph in tract."""

from time import perf_counter_ns

import numpy as np
import tract

VERSION = tract.version()


class Network:
    """An optimised graph whose states stay tensors of tract's own; it runs on one thread unless told otherwise."""

    def __init__(self, graph: str, inputs: dict[str, list[int]], outputs: dict[str, list[int]]):
        self.runnable = tract.onnx().load(graph).into_model().into_runnable()
        self.shapes = [shape for name, shape in inputs.items() if f"{name}_next" in outputs]
        self.reset()

    def reset(self) -> None:
        self.session = self.runnable.spawn_state()
        self.states = [tract.Tensor.from_numpy(np.zeros(shape, np.float32)) for shape in self.shapes]

    def run(self, features: np.ndarray, written: np.ndarray, place: np.ndarray) -> float:
        """Runs one hop; the microseconds of the run itself."""
        features, written, place = map(tract.Tensor.from_numpy, (features, written, place))
        inputs = [features, *self.states, written, place]
        started = perf_counter_ns()
        outputs = self.session.run(inputs)
        cost = (perf_counter_ns() - started) / 1e3
        self.shares, self.lead, *self.states = outputs
        return cost

    def answers(self) -> list[np.ndarray]:
        """Shares and lead of the last hop."""
        return [self.shares.to_numpy(), self.lead.to_numpy()]
