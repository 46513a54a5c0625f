"""The step graph in onnxruntime, one thread, at the command of the `peers` program over a pipe.

    python onnxruntime_session.py FEATURES GRAPH...

FEATURES holds f32 [hop][song][feature]. Prints one line when ready: version and the graph that was the fastest here. Then
it answers each line of input with one line: `answers COUNT FILE` runs hops from the start and writes shares and lead of
each to FILE, `run FROM COUNT` tells the microseconds of each hop.
"""

import json
import sys
from pathlib import Path
from statistics import median
from time import perf_counter_ns

import numpy as np
import onnxruntime

TRIAL = 200
"""Hops by which the fastest graph is chosen."""


class Network:
    """A session whose states lie in two sets of buffers: each hop reads one and writes the other, nothing is copied."""

    def __init__(self, graph: str):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
        self.session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        facts = json.loads(self.session.get_modelmeta().custom_metadata_map["architecture"])
        self.window, self.every = facts["window"], facts["every"]
        self.answers = {value.name: value.shape for value in self.session.get_outputs()}
        states = [name.removesuffix("_next") for name in self.answers if name.endswith("_next")]
        self.states = [{name: self._buffer(self.answers[f"{name}_next"]) for name in states} for _ in range(2)]
        self.inputs = {value.name: self._buffer(value.shape, value.type) for value in self.session.get_inputs()
                       if value.name not in states}
        self.outputs = {name: self._buffer(self.answers[name]) for name in ("shares", "lead")}
        self.bindings = [self._bind(self.states[i], self.states[1 - i]) for i in range(2)]
        self.hop = 0

    def _buffer(self, shape, kind="tensor(float)") -> onnxruntime.OrtValue:
        number = np.int64 if kind == "tensor(int64)" else np.float32
        return onnxruntime.OrtValue.ortvalue_from_numpy(np.zeros(shape, number))

    def _bind(self, before: dict, after: dict):
        binding = self.session.io_binding()
        for name, value in (self.inputs | before).items():
            binding.bind_ortvalue_input(name, value)
        for name, value in (self.outputs | {f"{name}_next": value for name, value in after.items()}).items():
            binding.bind_ortvalue_output(name, value)
        return binding

    def reset(self) -> None:
        self.hop = 0
        for states in self.states:
            for value in states.values():
                value.update_inplace(np.zeros(value.shape(), np.float32))

    def step(self, features: np.ndarray) -> float:
        """Runs one hop; the microseconds of the run itself."""
        newest = self.hop // self.every
        written = newest % self.window if self.hop % self.every == 0 else self.window
        place = newest if newest < self.window else self.window + newest % self.window
        self.inputs["features"].update_inplace(features)
        self.inputs["written"].update_inplace(np.array(written, np.int64))
        self.inputs["place"].update_inplace(np.array(place, np.int64))
        binding = self.bindings[self.hop % 2]
        self.hop += 1
        started = perf_counter_ns()
        self.session.run_with_iobinding(binding)
        return (perf_counter_ns() - started) / 1e3


def fastest(graphs: list[str], features: np.ndarray) -> tuple[str, Network]:
    networks = {Path(graph).stem: Network(graph) for graph in graphs}
    cost = {name: [] for name in networks}
    for hop in range(TRIAL):
        for name, network in networks.items():
            cost[name].append(network.step(features[hop % len(features)]))
    best = min(cost, key=lambda name: median(cost[name]))
    networks[best].reset()
    return best, networks[best]


def main() -> None:
    heard, *graphs = sys.argv[1:]
    probe = onnxruntime.InferenceSession(graphs[0], providers=["CPUExecutionProvider"])
    shape = next(value.shape for value in probe.get_inputs() if value.name == "features")
    features = np.fromfile(heard, np.float32).reshape(-1, *shape)
    del probe
    form, network = fastest(graphs, features)
    print(f"onnxruntime {onnxruntime.__version__}, {form}", flush=True)
    for line in sys.stdin:
        command, *rest = line.split()
        if command == "answers":
            with open(rest[1], "wb") as file:
                for hop in range(int(rest[0])):
                    network.step(features[hop])
                    for name in ("shares", "lead"):
                        file.write(network.outputs[name].numpy().tobytes())
            print("written", flush=True)
        else:
            start, count = map(int, rest)
            cost = [network.step(features[hop % len(features)]) for hop in range(start, start + count)]
            print(*cost, flush=True)


if __name__ == "__main__":
    main()
