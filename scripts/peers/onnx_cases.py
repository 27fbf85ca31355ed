"""onnxruntime's side of scripts/compare: recurrent nets and encoder layers, built in ONNX from the file that Gatun wrote for a case."""

import sys

import numpy
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

import worker

FORWARD = 1e-5
HEADS = 8
OPSET, IR = 17, 9

# PyTorch's order of gates, and where ONNX's are in it: i o f g, and z r n.
GATES = {"RNN": [0], "LSTM": [0, 3, 1, 2], "GRU": [1, 0, 2]}


class Graph:
    """Nodes and constants of a model of one input."""

    def __init__(self):
        self.nodes, self.constants = [], []

    def constant(self, array):
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(numpy.ascontiguousarray(array), name))
        return name

    def add(self, operator, *inputs, outputs=1, **attributes):
        names = [f"n{len(self.nodes)}.{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(operator, list(inputs), names, **attributes))
        return names[0] if outputs == 1 else names

    def model(self, x, y, sizes, y_sizes):
        graph = helper.make_graph(
            self.nodes,
            "case",
            [helper.make_tensor_value_info(x, TensorProto.FLOAT, sizes)],
            [helper.make_tensor_value_info(y, TensorProto.FLOAT, y_sizes)],
            self.constants,
        )
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR)


def recurrent(kind, weights, x):
    """x [steps, batch, inputs]; the outputs [steps, batch, directions · hidden]."""
    graph, y = Graph(), "x"
    both = "weight_ih_l0_reverse" in weights
    hidden = weights["weight_hh_l0"].shape[1]
    for layer in range(sum(name.startswith("weight_ih") and not name.endswith("_reverse") for name in weights)):
        ends = [f"_l{layer}", f"_l{layer}_reverse"][: 1 + both]

        def stacked(*names):
            return graph.constant(numpy.stack([numpy.concatenate([reordered(kind, weights[n + e]) for n in names]) for e in ends]))

        attributes = {"hidden_size": hidden, "direction": "bidirectional" if both else "forward"}
        if kind == "GRU":
            attributes["linear_before_reset"] = 1
        y = graph.add(kind, y, stacked("weight_ih"), stacked("weight_hh"), stacked("bias_ih", "bias_hh"), **attributes)
        if both:
            y = graph.add("Transpose", y, perm=[0, 2, 1, 3])
            y = graph.add("Reshape", y, graph.constant(numpy.array([*x.shape[:2], 2 * hidden])))
        else:
            y = graph.add("Squeeze", y, graph.constant(numpy.array([1])))
    return graph.model("x", y, x.shape, [*x.shape[:2], (1 + both) * hidden])


def reordered(kind, weight):
    parts = numpy.split(weight, len(GATES[kind]))
    return numpy.concatenate([parts[i] for i in GATES[kind]])


def encoder(weights, x):
    """A post-norm layer in ONNX's plain operators, as exporters write it."""
    graph = Graph()
    batch, steps, size = x.shape
    each = size // HEADS

    def linear(y, name, separator="."):
        weight, bias = (graph.constant(weights[f"{name}{separator}{kind}"].T) for kind in ("weight", "bias"))
        return graph.add("Add", graph.add("MatMul", y, weight), bias)

    def norm(y, name):
        return graph.add("LayerNormalization", y, *(graph.constant(weights[f"{name}.{kind}"]) for kind in ("weight", "bias")))

    shape = graph.constant(numpy.array([batch, steps, HEADS, each]))
    q, k, v = graph.add("Split", linear("x", "self_attn.in_proj", "_"), graph.constant(numpy.array([size] * 3)), outputs=3, axis=2)
    q, k, v = (graph.add("Transpose", graph.add("Reshape", y, shape), perm=order)
               for y, order in ((q, [0, 2, 1, 3]), (k, [0, 2, 3, 1]), (v, [0, 2, 1, 3])))
    scores = graph.add("MatMul", graph.add("Mul", q, graph.constant(numpy.float32(each**-0.5))), k)
    y = graph.add("MatMul", graph.add("Softmax", scores, axis=-1), v)
    y = graph.add("Reshape", graph.add("Transpose", y, perm=[0, 2, 1, 3]), graph.constant(numpy.array(x.shape)))
    y = norm(graph.add("Add", "x", linear(y, "self_attn.out_proj")), "norm1")
    inner = linear(graph.add("Relu", linear(y, "linear1")), "linear2")
    y = norm(graph.add("Add", y, inner), "norm2")
    return graph.model("x", y, x.shape, x.shape)


class Case:
    def __init__(self, name, tensors, threads):
        kind = name.split("-")[0].upper()
        self.time_major = kind in GATES
        x = self.laid_out(tensors["input"]["x"])
        model = recurrent(kind, tensors["parameter"], x) if self.time_major else encoder(tensors["parameter"], x)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        self.fed = {"x": x}

    def laid_out(self, array):
        return numpy.ascontiguousarray(array.swapaxes(0, 1)) if self.time_major else array

    def prepare(self, which):
        if which != "inference":
            raise ValueError(f"onnxruntime has no {which}")

    def run(self, which):
        return self.session.run(None, self.fed)[0]


def compare(case, which, recorded):
    theirs = case.laid_out(case.run(which))
    off = float(numpy.abs(recorded["output.y"] - theirs).max() / numpy.abs(theirs).max())
    return {"errors": {"output": off}, "wrong": [] if off <= FORWARD else [f"output.y: {off:.2e}"]}


def main(threads):
    worker.serve("numpy", lambda name, tensors: Case(name, tensors, threads), compare)


if __name__ == "__main__":
    main(int(sys.argv[1]))
