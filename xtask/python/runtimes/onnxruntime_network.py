"""The step graph in onnxruntime."""

from time import perf_counter_ns

import numpy as np
import onnxruntime

VERSION = onnxruntime.__version__


class Network:
    """A session whose states lie in two sets of buffers: each hop reads one and writes the other, nothing is copied."""

    def __init__(self, graph: str, inputs: dict[str, list[int]], outputs: dict[str, list[int]]):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
        self.session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        states = [name for name in inputs if f"{name}_next" in outputs]
        self.states = [{name: self._buffer(inputs[name]) for name in states} for _ in range(2)]
        self.counters = {name: self._buffer([], np.int64) for name in ("written", "place")}
        self.features = self._buffer(inputs["features"])
        self.outputs = {name: self._buffer(outputs[name]) for name in ("shares", "lead")}
        self.bindings = [self._bind(self.states[i], self.states[1 - i]) for i in range(2)]

    def _buffer(self, shape: list[int], number=np.float32) -> onnxruntime.OrtValue:
        return onnxruntime.OrtValue.ortvalue_from_numpy(np.zeros(shape, number))

    def _bind(self, before: dict, after: dict):
        binding = self.session.io_binding()
        for name, value in ({"features": self.features} | self.counters | before).items():
            binding.bind_ortvalue_input(name, value)
        for name, value in (self.outputs | {f"{name}_next": value for name, value in after.items()}).items():
            binding.bind_ortvalue_output(name, value)
        return binding

    def reset(self) -> None:
        for states in self.states:
            for value in states.values():
                value.update_inplace(np.zeros(value.shape(), np.float32))

    def run(self, features: np.ndarray, written: np.ndarray, place: np.ndarray) -> float:
        """Runs one hop; the microseconds of the run itself."""
        self.features.update_inplace(features)
        self.counters["written"].update_inplace(written)
        self.counters["place"].update_inplace(place)
        binding = self.bindings[0]
        self.bindings.reverse()
        started = perf_counter_ns()
        self.session.run_with_iobinding(binding)
        return (perf_counter_ns() - started) / 1e3

    def answers(self) -> list[np.ndarray]:
        """Shares and lead of the last hop."""
        return [value.numpy() for value in self.outputs.values()]
