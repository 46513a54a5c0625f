"""The mash network as an ONNX graph of one hop, for other runtimes to be measured with: `cargo xtask bench` runs it.

    python -m songweave_training.mash.onnx_graph mash.safetensors mash.onnx --gru operator|products

Everything that a hop changes is an input and comes out again under its name with `_next`, so that the graph has no state:
`gru1`, `gru2` [song][hidden], `keys` [song][head][number][slot], `values` [song][head][slot][number]; heads of the own
past first, then those of the other song's. `written` is the slot that this hop fills (the window's length for none) and
`place` the row of the age table: with s slots filled before this hop's are counted in, s - 1 while the ring is filling,
then window + (s - 1) % window. Both are counted by the caller.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from safetensors import safe_open

SONGS, PARTS = 2, 4
FEATURE_LIMIT = 4.0
UNSEEN = -1e30
"""Score of a slot that is empty. Not minus infinity: a graph that computes with it may turn it into NaN."""


class Graph:
    """Nodes and constants in the making; every operation returns the name of its answer."""

    def __init__(self, weights: dict[str, np.ndarray], gru: str):
        self.weights, self.gru_form = weights, gru
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def op(self, kind: str, *inputs: str, outputs: int = 1, **attributes):
        names = [f"{kind}_{len(self.nodes)}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(kind, list(inputs), names, **attributes))
        return names if outputs > 1 else names[0]

    def constant(self, value: np.ndarray) -> str:
        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def shape(self, *sizes: int) -> str:
        return self.constant(np.array(sizes, np.int64))

    def rename(self, x: str, name: str) -> None:
        self.nodes.append(helper.make_node("Identity", [x], [name]))

    def product(self, x: str, weight: np.ndarray, bias: np.ndarray) -> str:
        return self.op("Gemm", x, self.constant(weight.T), self.constant(bias))

    def linear(self, x: str, name: str) -> str:
        return self.product(x, self.weights[f"{name}.weight"], self.weights[f"{name}.bias"])

    def norm(self, x: str, name: str) -> str:
        scale, shift = (self.constant(self.weights[f"{name}.{which}"]) for which in ("weight", "bias"))
        return self.op("LayerNormalization", x, scale, shift, axis=-1, epsilon=1e-5)

    def silu(self, x: str) -> str:
        return self.op("Mul", x, self.op("Sigmoid", x))

    def gru(self, x: str, name: str) -> str:
        """The next state [song][hidden] from the input and from the state that is the input `name` of the graph."""
        of = lambda which: self.weights[f"{name}.{which}_l0"]
        next_state = self._gru_operator if self.gru_form == "operator" else self._gru_products
        state = next_state(x, name, *map(of, ("weight_ih", "bias_ih", "weight_hh", "bias_hh")))
        self.rename(state, f"{name}_next")
        return state

    def _gru_operator(self, x, state, weight_x, bias_x, weight_h, bias_h) -> str:
        hidden = weight_h.shape[1]
        # ONNX orders update, reset, new; PyTorch reset, update, new.
        order = np.r_[hidden : 2 * hidden, :hidden, 2 * hidden : 3 * hidden]
        weights = [self.constant(weight[order][None]) for weight in (weight_x, weight_h)]
        bias = self.constant(np.concatenate([bias_x[order], bias_h[order]])[None])
        sequence = self.op("Reshape", x, self.shape(1, SONGS, weight_x.shape[1]))
        first = self.op("Reshape", state, self.shape(1, SONGS, hidden))
        _, last = self.op("GRU", sequence, *weights, bias, "", first, outputs=2, hidden_size=hidden, linear_before_reset=1)
        return self.op("Reshape", last, self.shape(SONGS, hidden))

    def _gru_products(self, x, state, weight_x, bias_x, weight_h, bias_h) -> str:
        hidden = weight_h.shape[1]
        gates, new = self.shape(2 * hidden, hidden), 2 * hidden
        heard_gates, heard_new = self.op("Split", self.product(x, weight_x, bias_x), gates, outputs=2, axis=1)
        kept_gates, kept_new = self.op("Split", self.product(state, weight_h, bias_h), gates, outputs=2, axis=1)
        both = self.op("Sigmoid", self.op("Add", heard_gates, kept_gates))
        reset, keep = self.op("Split", both, self.shape(hidden, hidden), outputs=2, axis=1)
        new = self.op("Tanh", self.op("Add", heard_new, self.op("Mul", reset, kept_new)))
        return self.op("Add", new, self.op("Mul", keep, self.op("Sub", state, new)))

    def attention(self, x: str, heads: int, head_size: int, window: int) -> str:
        """What own and other past add, [song][2 * heads * head_size]: both at once, as twice the heads."""
        size = heads * head_size
        weight, bias = (np.concatenate([self.weights[f"{name}.project.{which}"].reshape(3, size, -1)
                                        for name in ("own", "other")], axis=1) for which in ("weight", "bias"))
        weight[0] *= head_size**-0.5  # scores are scaled in the query
        bias[0] *= head_size**-0.5
        projected = self.product(x, weight.reshape(6 * size, -1), bias.reshape(6 * size))
        queries, keys, values = self.op("Split", projected, self.shape(*[2 * size] * 3), outputs=3, axis=1)
        keys, values = self._swap_other(keys, size), self._swap_other(values, size)
        fresh = np.arange(window + 1)[:, None] == np.arange(window)
        fresh = self.op("Gather", self.constant(fresh), "written")
        by_slot = self.op("Reshape", fresh, self.shape(window, 1))
        keys = self.op("Where", fresh, self.op("Reshape", keys, self.shape(SONGS, 2 * heads, head_size, 1)), "keys")
        values = self.op("Where", by_slot, self.op("Reshape", values, self.shape(SONGS, 2 * heads, 1, head_size)), "values")
        self.rename(keys, "keys_next")
        self.rename(values, "values_next")
        queries = self.op("Reshape", queries, self.shape(SONGS, 2 * heads, 1, head_size))
        ages = self.op("Gather", self.constant(self._age_table(2 * heads, window)), "place")
        scores = self.op("Softmax", self.op("Add", self.op("MatMul", queries, keys), ages), axis=-1)
        return self.op("Reshape", self.op("MatMul", scores, values), self.shape(SONGS, 2 * size))

    def _swap_other(self, x: str, size: int) -> str:
        """The second half of the heads remembers the other song."""
        own, other = self.op("Split", x, self.shape(size, size), outputs=2, axis=1)
        return self.op("Concat", own, self.op("Gather", other, self.constant(np.array([1, 0])), axis=0), axis=1)

    def _age_table(self, heads: int, window: int) -> np.ndarray:
        """[place][head][1][slot]: the bias of every slot, see the head of this file."""
        ages = np.concatenate([self.weights["own.age"], self.weights["other.age"]])
        table = np.full((2 * window, heads, 1, window), UNSEEN, np.float32)
        for newest in range(window):
            slots = np.arange(window)
            table[newest, :, 0, : newest + 1] = ages[:, newest - slots[: newest + 1]]
            table[window + newest, :, 0] = ages[:, (newest - slots) % window]
        return table


def mash(graph: Graph, sizes: dict) -> dict[str, tuple]:
    """Wires the network as models/src/networks/mash/layers.rs does; returns the shapes of what comes out."""
    if sizes.get("trunk", "attention") != "attention":
        raise SystemExit(f"onnx_graph.py has no graph of the trunk `{sizes['trunk']}`: wire it as `mash` does")
    hidden, heads, head_size, window = (sizes[name] for name in ("hidden", "heads", "head_size", "window"))
    limit = [graph.constant(np.float32(value)) for value in (-FEATURE_LIMIT, FEATURE_LIMIT)]
    encoded = graph.silu(graph.norm(graph.linear(graph.op("Clip", "features", *limit), "encoder"), "norm"))
    heard = graph.gru(encoded, "gru1")
    mixed = graph.op("Add", heard, graph.linear(graph.attention(heard, heads, head_size, window), "mix"))
    decided = graph.gru(mixed, "gru2")
    state = graph.op("Concat", graph.op("Add", decided, mixed), encoded, axis=1)
    weight, bias = (graph.weights[f"shares.{which}"] for which in ("weight", "bias"))
    bands = len(bias) // PARTS
    # Parts last until after the softmax: over any other axis tract takes twice as long for the whole hop.
    by_band = np.arange(len(bias)).reshape(PARTS, bands).T.ravel()
    logits = graph.product(state, weight[by_band], bias[by_band])
    shares = graph.op("Softmax", graph.op("Reshape", logits, graph.shape(SONGS, bands, PARTS)), axis=-1)
    graph.rename(graph.op("Transpose", shares, perm=[0, 2, 1]), "shares")
    claims = graph.op("Gemm", state, graph.constant(graph.weights["lead.weight"].T))
    a, b = graph.op("Split", claims, graph.shape(1, 1), outputs=2, axis=0)
    graph.rename(graph.op("Reshape", graph.op("Sigmoid", graph.op("Sub", b, a)), graph.shape(PARTS)), "lead")
    memory = (SONGS, 2 * heads)
    states = {"gru1": (SONGS, hidden), "gru2": (SONGS, hidden)}
    states |= {"keys": (*memory, head_size, window), "values": (*memory, window, head_size)}
    return {"shares": (SONGS, PARTS, bands), "lead": (PARTS,)}, states


def build(weights: Path, gru: str) -> onnx.ModelProto:
    """The step graph of a weight file; `architecture` of the file travels as metadata."""
    with safe_open(weights, "np") as file:
        tensors = {name: file.get_tensor(name).astype(np.float32) for name in file.keys()}
        facts = json.loads(file.metadata()["songweave"])
    graph = Graph(tensors, gru)
    answers, states = mash(graph, facts["architecture"])
    value = lambda name, shape, kind=TensorProto.FLOAT: helper.make_tensor_value_info(name, kind, shape)
    inputs = [value("features", (SONGS, facts["features"]))] + [value(name, shape) for name, shape in states.items()]
    inputs += [value(name, (), TensorProto.INT64) for name in ("written", "place")]
    outputs = [value(name, shape) for name, shape in answers.items()]
    outputs += [value(f"{name}_next", shape) for name, shape in states.items()]
    body = helper.make_graph(graph.nodes, "mash", inputs, outputs, graph.constants)
    model = helper.make_model(body, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(model, {"architecture": json.dumps(facts["architecture"])})
    onnx.checker.check_model(model, full_check=True)
    return model


def main() -> None:
    parser = argparse.ArgumentParser(description="Writes the mash network as an ONNX graph of one hop")
    parser.add_argument("weights", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--gru", choices=["operator", "products"], default="products")
    options = parser.parse_args()
    onnx.save(build(options.weights, options.gru), options.output)


if __name__ == "__main__":
    main()
