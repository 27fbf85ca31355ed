package dev.gatun.op;

import dev.gatun.backend.AttentionCall;
import dev.gatun.backend.BinaryFunction;
import dev.gatun.backend.CellType;
import dev.gatun.backend.CrossEntropyRule;
import dev.gatun.backend.PointwiseLoss;
import dev.gatun.backend.RandomStream;
import dev.gatun.backend.RecurrentSpec;
import dev.gatun.backend.Reduction;
import dev.gatun.backend.UnaryFunction;
import dev.gatun.layout.DType;
import dev.gatun.layout.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** Inputs on which the gradients of every op are checked; values keep away from kinks. */
final class OpCases {
    private OpCases() {}

    static Stream<OpCase> all() {
        return Stream.of(
                        elementwise(),
                        reductions(),
                        matrices(),
                        activatedProducts(),
                        shapes(),
                        rows(),
                        losses(),
                        recurrent(),
                        attention())
                .flatMap(cases -> cases);
    }

    private static Stream<OpCase> elementwise() {
        Stream<OpCase> unary = Arrays.stream(UnaryFunction.values()).flatMap(function -> {
            double low = function == UnaryFunction.LOG
                            || function == UnaryFunction.SQRT
                            || function == UnaryFunction.RECIPROCAL
                    ? 0.3
                    : -2.1;
            return Stream.of(
                    OpCase.of("3 × 5", new UnaryOp(function)).within(low, 2.3, 3, 5),
                    OpCase.of("one element", new UnaryOp(function)).within(low, 2.3, 1));
        });
        Stream<OpCase> binary = Arrays.stream(BinaryFunction.values())
                .flatMap(function -> Stream.of(
                        OpCase.of("same shape", new BinaryOp(function))
                                .numbers(3, 5)
                                .within(0.5, 2, 3, 5),
                        OpCase.of("row over matrix", new BinaryOp(function))
                                .numbers(2, 3, 5)
                                .within(0.5, 2, 5),
                        OpCase.of("column over row", new BinaryOp(function))
                                .numbers(3, 1)
                                .within(0.5, 2, 1, 7),
                        OpCase.of("scalar over transposed", new BinaryOp(function))
                                .transposed(4, 3)
                                .within(0.5, 2)));
        Stream<OpCase> others = Stream.of(
                OpCase.of("3 × 5", new AffineOp(1.7, -0.3)).numbers(3, 5),
                OpCase.of("3 × 5", new ClampOp(-0.4, 0.5)).numbers(3, 5),
                OpCase.of("broadcast", new WhereOp())
                        .flags(3, 1)
                        .numbers(2, 3, 4)
                        .numbers(4),
                OpCase.of("to F64", new CastOp(DType.F64)).transposed(3, 4),
                OpCase.of("seeded", new DropoutOp(0.3, new RandomStream(5, 11))).transposed(5, 7));
        return Stream.of(unary, binary, others).flatMap(cases -> cases);
    }

    private static Stream<OpCase> reductions() {
        Stream<OpCase> reduce = Arrays.stream(Reduction.values())
                .flatMap(reduction -> Stream.of(
                        OpCase.of("all", ReduceOp.dropping(reduction)).numbers(3, 5),
                        OpCase.of("last, dropped", ReduceOp.dropping(reduction, -1))
                                .numbers(2, 3, 5),
                        OpCase.of("outer two, kept", ReduceOp.keeping(reduction, 0, 1))
                                .numbers(2, 3, 5),
                        OpCase.of("middle of transposed", ReduceOp.dropping(reduction, 1))
                                .transposed(2, 4, 3)));
        Stream<OpCase> others = Stream.of(
                OpCase.of("rows", new SoftmaxOp()).within(-3, 3, 4, 7),
                OpCase.of("transposed", new SoftmaxOp()).transposed(2, 5, 3),
                OpCase.of("rows", new LogSoftmaxOp()).within(-3, 3, 4, 7),
                OpCase.of("transposed", new LogSoftmaxOp()).transposed(2, 5, 3));
        return Stream.concat(reduce, others);
    }

    private static Stream<OpCase> matrices() {
        return Stream.of(
                OpCase.of("plain", new MatmulOp()).numbers(3, 5).numbers(5, 2),
                OpCase.of("transposed operands", new MatmulOp())
                        .transposed(3, 5)
                        .transposed(5, 2),
                OpCase.of("batched", new MatmulOp()).numbers(2, 3, 5).numbers(2, 5, 4),
                OpCase.of("broadcast batch", new MatmulOp()).numbers(2, 1, 3, 5).numbers(4, 5, 2),
                OpCase.of("with bias", new LinearOp(null))
                        .numbers(2, 3, 5)
                        .numbers(4, 5)
                        .numbers(4)
                        .absent(),
                OpCase.of("without bias", new LinearOp(null))
                        .transposed(3, 5)
                        .numbers(4, 5)
                        .absent()
                        .transposed(3, 4));
    }

    /** With a bias above or below all sums, where a function has a kink or an end. */
    private static Stream<OpCase> activatedProducts() {
        return Arrays.stream(UnaryFunction.values()).flatMap(function -> {
            OpCase positive = OpCase.of("positive", new LinearOp(function))
                    .numbers(2, 3, 5)
                    .numbers(8, 5)
                    .within(6, 7, 8)
                    .absent();
            OpCase negative = OpCase.of("negative, with a residual", new LinearOp(function))
                    .transposed(3, 5)
                    .numbers(8, 5)
                    .within(-7, -6, 8)
                    .numbers(3, 8);
            OpCase around = OpCase.of("around 0", new LinearOp(function))
                    .numbers(3, 5)
                    .within(-0.1, 0.1, 3, 5)
                    .absent()
                    .within(-2, 2, 3, 3);
            return switch (function) {
                case LOG, SQRT, RECIPROCAL -> Stream.of(positive);
                case ABS, RELU -> Stream.of(positive, negative);
                default -> Stream.of(positive, negative, around);
            };
        });
    }

    private static Stream<OpCase> shapes() {
        return Stream.of(
                OpCase.of("view", new ReshapeOp(Shape.of(5, 6))).numbers(2, 3, 5),
                OpCase.of("copy", new ReshapeOp(Shape.of(30))).transposed(2, 3, 5),
                OpCase.of("three axes", new PermuteOp(List.of(2, 0, 1))).numbers(2, 3, 5),
                OpCase.of("negative axes", new PermuteOp(List.of(-1, 0, -2))).numbers(2, 3, 5),
                OpCase.of("inner part", new SliceOp(1, 1, 3)).numbers(2, 4, 3),
                OpCase.of("of transposed", new SliceOp(-1, 0, 2)).transposed(4, 3),
                OpCase.of("middle axis", new SplitOp(1, List.of(1, 3))).numbers(2, 4, 3),
                OpCase.of("last axis of transposed", new SplitOp(-1, List.of(2, 0, 1)))
                        .transposed(2, 3),
                OpCase.of("new and repeated axes", new BroadcastOp(Shape.of(2, 3, 4)))
                        .numbers(3, 1),
                OpCase.of("first axis", new ConcatOp(0))
                        .numbers(2, 3)
                        .numbers(1, 3)
                        .transposed(3, 3),
                OpCase.of("last axis", new ConcatOp(-1)).numbers(2, 3).numbers(2, 4));
    }

    private static Stream<OpCase> attention() {
        AttentionCall plain = new AttentionCall(0.6, false, 0, null);
        AttentionCall causal = new AttentionCall(0.6, true, 0, null);
        AttentionCall dropping = new AttentionCall(0.6, false, 0.3, new RandomStream(3, 17));
        return Stream.of(
                OpCase.of("plain", new AttentionOp(plain))
                        .numbers(2, 2, 3, 4)
                        .numbers(2, 2, 5, 4)
                        .numbers(2, 2, 5, 3)
                        .absent()
                        .absent(),
                OpCase.of("transposed, causal, of one size, with weights", new AttentionOp(causal.withWeights()))
                        .transposed(2, 1, 4, 3)
                        .transposed(2, 1, 4, 3)
                        .transposed(2, 1, 4, 3)
                        .absent()
                        .absent(),
                OpCase.of("added mask, padding, with weights", new AttentionOp(plain.withWeights()))
                        .numbers(2, 2, 3, 4)
                        .numbers(2, 2, 5, 4)
                        .numbers(2, 2, 5, 3)
                        .constants(-1, 1, 3, 5)
                        .flags(2, 5),
                OpCase.of("blocking mask, dropout", new AttentionOp(dropping))
                        .numbers(2, 2, 3, 4)
                        .numbers(2, 2, 5, 4)
                        .numbers(2, 2, 5, 3)
                        .flags(2, 1, 3, 5)
                        .absent());
    }

    private static Stream<OpCase> rows() {
        return Stream.of(
                OpCase.of("repeated rows", new GatherOp(-1)).numbers(4, 3).indices(Shape.of(2, 3), 1, 0, 1, 3, 1, 3),
                OpCase.of("normalised last", new LayerNormOp(Shape.of(7), 1e-5))
                        .numbers(3, 7)
                        .numbers(7)
                        .numbers(7),
                OpCase.of("two axes", new LayerNormOp(Shape.of(3, 4), 1e-3))
                        .numbers(2, 3, 4)
                        .numbers(3, 4)
                        .absent(),
                OpCase.of("plain", new LayerNormOp(Shape.of(5), 1e-5))
                        .transposed(4, 5)
                        .absent()
                        .absent());
    }

    private static Stream<OpCase> recurrent() {
        // Backends lay weights out differently: OpCase.on gives them their size.
        RecurrentSpec narrow = RecurrentSpec.of(CellType.LSTM, 3, 4).withProjection(2);
        OpCase projected = OpCase.of(
                        "projected and clipped, ragged, from a state",
                        new RecurrentOp(
                                narrow.withLayers(2).withBothDirections().withClip(0.25), new int[] {2, 0, 3}, null))
                .transposed(3, 3, 3)
                .within(-0.5, 0.5, 1)
                .numbers(4, 3, 2)
                .numbers(4, 3, 4);
        Stream<OpCase> cells = Arrays.stream(CellType.values()).flatMap(cell -> {
            RecurrentSpec plain = RecurrentSpec.of(cell, 3, 4);
            RecurrentSpec deep = plain.withLayers(2).withBothDirections().withDropout(0.3);
            int[] lengths = {2, 0, 3};
            OpCase ragged = OpCase.of(
                            "ragged, from a state, with dropout",
                            new RecurrentOp(deep, lengths, new RandomStream(3, 1)))
                    .transposed(3, 3, 3)
                    .within(-0.5, 0.5, 1)
                    .numbers(4, 3, 4);
            return Stream.of(
                    OpCase.of("from zeros", new RecurrentOp(plain, null, null))
                            .numbers(2, 3, 3)
                            .within(-0.5, 0.5, 1)
                            .absent()
                            .absent(),
                    cell.hasCell() ? ragged.numbers(4, 3, 4) : ragged.absent());
        });
        return Stream.concat(cells, Stream.of(projected));
    }

    private static Stream<OpCase> losses() {
        Shape four = Shape.of(4);
        CrossEntropyRule plain = new CrossEntropyRule(-100, 0);
        CrossEntropyRule smooth = new CrossEntropyRule(2, 0.1);
        Stream<OpCase> pointwise = Arrays.stream(PointwiseLoss.values())
                .map(loss -> OpCase.of("3 × 5", new PointwiseLossOp(loss, 0.7))
                        .within(-2, 2, 3, 5)
                        .constants(0.1, 0.9, 3, 5));
        return Stream.concat(
                pointwise,
                Stream.of(
                        OpCase.of("plain", new CrossEntropyOp(plain))
                                .within(-2, 2, 4, 5)
                                .indices(four, 1, 4, 0, 1)
                                .absent(),
                        OpCase.of("ignored, smoothed, weighted", new CrossEntropyOp(smooth))
                                .within(-2, 2, 4, 5)
                                .indices(four, 1, 2, 0, 4)
                                .constants(0.5, 2, 5)));
    }
}
