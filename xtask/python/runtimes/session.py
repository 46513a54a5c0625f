"""The step graph in another runtime, one thread, at the command of the program `songweave-runtimes` over a pipe.

    python session.py onnxruntime|tract FEATURES GRAPH...

FEATURES holds f32 [hop][song][feature]. Prints one line when ready: version and the graph that was the fastest here. Then
it answers each line of input with one line: `answers COUNT FILE` runs hops from the start and writes shares and lead of
each to FILE, `run FROM COUNT` tells the microseconds of each hop.
"""

import importlib
import json
import sys
from pathlib import Path
from statistics import median

import numpy as np
import onnx

TRIAL = 200
"""Hops by which the fastest graph is chosen."""


class Player:
    """Feeds a network of one of the runtimes with hops, and counts them as the graph wants it."""

    def __init__(self, runtime, graph: str):
        model = onnx.load(graph)
        sizes = json.loads(next(fact.value for fact in model.metadata_props if fact.key == "architecture"))
        self.window, self.every = sizes["window"], sizes["every"]
        shape = lambda value: [size.dim_value for size in value.type.tensor_type.shape.dim]
        self.inputs = {value.name: shape(value) for value in model.graph.input}
        self.outputs = {value.name: shape(value) for value in model.graph.output}
        self.network = runtime.Network(graph, self.inputs, self.outputs)
        self.hop = 0

    def reset(self) -> None:
        self.hop = 0
        self.network.reset()

    def step(self, features: np.ndarray) -> float:
        """Runs one hop; the microseconds of the run itself."""
        newest = self.hop // self.every
        written = newest % self.window if self.hop % self.every == 0 else self.window
        place = newest if newest < self.window else self.window + newest % self.window
        self.hop += 1
        return self.network.run(features, np.array(written, np.int64), np.array(place, np.int64))


def fastest(players: dict[str, Player], features: np.ndarray) -> str:
    cost = {form: [] for form in players}
    for hop in range(TRIAL):
        for form, player in players.items():
            cost[form].append(player.step(features[hop % len(features)]))
    return min(cost, key=lambda form: median(cost[form]))


def main() -> None:
    name, heard, *graphs = sys.argv[1:]
    runtime = importlib.import_module(f"{name}_network")
    players = {Path(graph).stem: Player(runtime, graph) for graph in graphs}
    shape = next(iter(players.values())).inputs["features"]
    features = np.fromfile(heard, np.float32).reshape(-1, *shape)
    form = fastest(players, features)
    player = players[form]
    player.reset()
    print(f"{name} {runtime.VERSION}, {form}", flush=True)
    for line in sys.stdin:
        command, *rest = line.split()
        if command == "answers":
            with open(rest[1], "wb") as file:
                for hop in range(int(rest[0])):
                    player.step(features[hop])
                    for answer in player.network.answers():
                        file.write(answer.tobytes())
            print("written", flush=True)
        else:
            start, count = map(int, rest)
            cost = [player.step(features[hop % len(features)]) for hop in range(start, start + count)]
            print(*cost, flush=True)


if __name__ == "__main__":
    main()
