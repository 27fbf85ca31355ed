package dev.gatun.backend.conformance;

import dev.gatun.backend.Backend;
import dev.gatun.backend.BiasMode;
import dev.gatun.backend.CellType;
import dev.gatun.backend.RecurrentCall;
import dev.gatun.backend.RecurrentSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;

/// Stacks and batches on which every backend's recurrences are measured.
final class RecurrentCases {
    /// The names of {@link #small} and {@link #all}, as tests ask for them.
    static final String SMALL = "dev.gatun.backend.conformance.RecurrentCases#small";

    static final String ALL = "dev.gatun.backend.conformance.RecurrentCases#all";

    private RecurrentCases() {}

    /// A stack, a batch and whether there is an initial state.
    record Case(String title, RecurrentSpec spec, int batch, int steps, boolean initial, List<Integer> lengths) {
        RecurrentRun run(Backend backend) {
            int[] given = lengths.stream().mapToInt(length -> length).toArray();
            RecurrentCall call = new RecurrentCall(spec, batch, steps, given.length == 0 ? null : given, null);
            return new RecurrentRun(backend, call, initial);
        }

        @Override
        public String toString() {
            return spec.cell() + " " + title;
        }
    }

    /// Small enough for differences of every weight; together they have every option that changes the maths.
    private static Stream<Case> smallCases() {
        return Arrays.stream(CellType.values())
                .flatMap(cell -> Stream.of(
                        new Case("plain", spec(cell, 3, 4, 1, false, BiasMode.DOUBLE), 3, 4, false, List.of()),
                        new Case("initial state", spec(cell, 3, 4, 1, false, BiasMode.DOUBLE), 3, 4, true, List.of()),
                        new Case("single bias", spec(cell, 3, 4, 1, true, BiasMode.SINGLE), 2, 3, true, List.of()),
                        new Case("no bias", spec(cell, 3, 4, 2, false, BiasMode.NONE), 2, 3, true, List.of()),
                        new Case("all of one", spec(cell, 1, 1, 1, false, BiasMode.DOUBLE), 1, 1, true, List.of()),
                        new Case("one step", spec(cell, 2, 3, 2, true, BiasMode.DOUBLE), 3, 1, true, List.of()),
                        new Case("one sequence", spec(cell, 2, 3, 2, true, BiasMode.DOUBLE), 1, 5, true, List.of()),
                        new Case(
                                "one short sequence",
                                spec(cell, 2, 3, 1, true, BiasMode.DOUBLE),
                                1,
                                5,
                                true,
                                List.of(3)),
                        new Case(
                                "one step, some none",
                                spec(cell, 2, 3, 1, false, BiasMode.DOUBLE),
                                3,
                                1,
                                true,
                                List.of(0, 1, 1)),
                        new Case(
                                "lengths in any order",
                                spec(cell, 2, 3, 2, true, BiasMode.DOUBLE),
                                5,
                                4,
                                true,
                                List.of(2, 0, 4, 1, 2)),
                        new Case(
                                "all short",
                                spec(cell, 2, 3, 2, false, BiasMode.SINGLE),
                                3,
                                5,
                                false,
                                List.of(1, 3, 2)),
                        new Case("all empty", spec(cell, 2, 3, 1, true, BiasMode.DOUBLE), 2, 3, true, List.of(0, 0)),
                        new Case("no steps", spec(cell, 2, 3, 1, true, BiasMode.DOUBLE), 2, 0, true, List.of()),
                        new Case("no sequences", spec(cell, 2, 3, 2, false, BiasMode.DOUBLE), 0, 3, true, List.of())));
    }

    /// Small as well, but of whole tiles of sequences, for which backends may go another way.
    private static Stream<Case> batchCases() {
        List<Integer> lengths = new ArrayList<>();
        for (int i = 0; i < 17; i++) {
            lengths.add(i * 3 % 5);
        }
        List<Integer> none = Collections.nCopies(16, 0);
        return Arrays.stream(CellType.values())
                .flatMap(cell -> Stream.of(
                        new Case("batch", spec(cell, 3, 4, 1, false, BiasMode.DOUBLE), 16, 3, true, List.of()),
                        new Case(
                                "batch, single bias",
                                spec(cell, 2, 3, 1, true, BiasMode.SINGLE),
                                17,
                                2,
                                true,
                                List.of()),
                        new Case("batch, no bias", spec(cell, 2, 3, 2, false, BiasMode.NONE), 17, 2, false, List.of()),
                        new Case("ragged batch", spec(cell, 2, 3, 2, true, BiasMode.DOUBLE), 17, 4, true, lengths),
                        new Case("empty batch", spec(cell, 2, 3, 1, true, BiasMode.DOUBLE), 16, 3, true, none),
                        new Case(
                                "batch, no steps",
                                spec(cell, 2, 3, 1, true, BiasMode.DOUBLE),
                                16,
                                0,
                                true,
                                List.of())));
    }

    /// Hidden sizes around widths of vectors, and batches that threads share.
    private static Stream<Case> largeCases() {
        return Arrays.stream(CellType.values()).flatMap(cell -> {
            List<Case> cases = new ArrayList<>();
            for (int size : new int[] {7, 8, 9, 15, 16, 17, 31, 33, 67}) {
                cases.add(new Case(
                        "hidden size " + size,
                        spec(cell, size + 2, size, 1, false, BiasMode.DOUBLE),
                        3,
                        5,
                        true,
                        List.of()));
            }
            RecurrentSpec wide = spec(cell, 40, 264, 2, false, BiasMode.DOUBLE);
            cases.add(new Case("wide sequence", wide, 1, 9, true, List.of(8)));
            cases.add(new Case("wide sequence, no bias", wide.withBias(BiasMode.NONE), 1, 9, false, List.of()));
            cases.add(new Case("wide batch", spec(cell, 24, 48, 2, true, BiasMode.DOUBLE), 37, 9, true, List.of()));
            List<Integer> lengths = new ArrayList<>();
            for (int i = 0; i < 37; i++) {
                lengths.add(i * 7 % 12);
            }
            cases.add(new Case("ragged batch", spec(cell, 24, 48, 2, true, BiasMode.DOUBLE), 37, 12, true, lengths));
            return cases.stream();
        });
    }

    /// LSTMs with a projection, with a bound that about a third of the cells reach, and with both.
    private static Stream<Case> projectedAndClipped() {
        RecurrentSpec plain = spec(CellType.LSTM, 3, 5, 1, false, BiasMode.DOUBLE);
        RecurrentSpec deep = spec(CellType.LSTM, 2, 4, 2, true, BiasMode.DOUBLE);
        List<Integer> lengths = List.of(2, 0, 4, 1, 2);
        List<Integer> more =
                Collections.nCopies(4, lengths).stream().flatMap(List::stream).toList();
        return Stream.of(
                new Case("both, ragged batch", deep.withProjection(3).withClip(0.25), 20, 4, true, more),
                new Case("projected batch", single(plain).withProjection(2), 16, 2, true, List.of()),
                new Case("projected", plain.withProjection(2), 3, 4, false, List.of()),
                new Case("projected to one", plain.withProjection(1), 2, 3, true, List.of()),
                new Case("projected, single bias", single(plain).withProjection(4), 2, 3, true, List.of()),
                new Case("projected, no bias", deep.withBias(BiasMode.NONE).withProjection(3), 2, 3, true, List.of()),
                new Case("projected, one sequence", deep.withProjection(3), 1, 5, true, List.of()),
                new Case("projected, one step", deep.withProjection(3), 3, 1, true, List.of()),
                new Case("projected, ragged", deep.withProjection(3), 5, 4, true, lengths),
                new Case("projected, all empty", deep.withProjection(3), 2, 3, true, List.of(0, 0)),
                new Case("projected, no steps", deep.withProjection(3), 2, 0, true, List.of()),
                new Case("projected, no sequences", deep.withProjection(3), 0, 3, true, List.of()),
                new Case("clipped", plain.withClip(0.25), 3, 4, true, List.of()),
                new Case("clipped, never reached", plain.withClip(50), 3, 4, true, List.of()),
                new Case("clipped, ragged", deep.withClip(0.25), 5, 4, true, lengths),
                new Case("both, ragged", deep.withProjection(3).withClip(0.25), 5, 4, true, lengths));
    }

    private static RecurrentSpec single(RecurrentSpec spec) {
        return spec.withBias(BiasMode.SINGLE);
    }

    /// The same, wide enough for vectors and threads.
    private static Stream<Case> largeProjectedAndClipped() {
        List<Integer> lengths = new ArrayList<>();
        for (int i = 0; i < 37; i++) {
            lengths.add(i * 7 % 12);
        }
        RecurrentSpec wide = spec(CellType.LSTM, 24, 48, 2, true, BiasMode.DOUBLE);
        return Stream.of(
                new Case(
                        "hidden 17 to 9",
                        RecurrentSpec.of(CellType.LSTM, 5, 17).withProjection(9),
                        3,
                        5,
                        true,
                        List.of()),
                new Case(
                        "hidden 33 to 32",
                        RecurrentSpec.of(CellType.LSTM, 5, 33).withProjection(32),
                        3,
                        5,
                        true,
                        List.of()),
                new Case("projected batch", wide.withProjection(20), 37, 9, true, List.of()),
                new Case(
                        "clipped wide sequence",
                        RecurrentSpec.of(CellType.LSTM, 40, 264).withClip(0.375),
                        1,
                        9,
                        true,
                        List.of()),
                new Case("clipped batch", wide.withClip(0.375), 37, 9, true, List.of()),
                new Case("both, ragged batch", wide.withProjection(20).withClip(0.375), 37, 12, true, lengths));
    }

    static RecurrentSpec spec(CellType cell, int input, int hidden, int layers, boolean bidirectional, BiasMode bias) {
        return new RecurrentSpec(cell, input, hidden, layers, bidirectional, bias, 0, 0, RecurrentSpec.UNCLIPPED);
    }

    /// Those small enough for differences of every weight.
    static Stream<Case> small() {
        return Stream.of(smallCases(), batchCases(), projectedAndClipped()).flatMap(each -> each);
    }

    static Stream<Case> all() {
        return Stream.of(small(), largeCases(), largeProjectedAndClipped()).flatMap(each -> each);
    }
}
