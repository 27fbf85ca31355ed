package dev.gatun.training;

import dev.gatun.Device;
import dev.gatun.Generator;
import dev.gatun.Tensor;
import dev.gatun.data.Batches;
import dev.gatun.data.Padded;
import dev.gatun.nn.Dropout;
import dev.gatun.nn.LSTM;
import dev.gatun.nn.Linear;
import dev.gatun.nn.Losses;
import dev.gatun.nn.Module;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** A small task with everything in it that training must keep: say how many of a sequence's numbers are positive, less the others. */
final class Echo {
    static final Device CPU = Device.cpu();

    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Example(float[][] steps, float answer) {}

    /** An LSTM with dropout and a linear layer. */
    static final class Model extends Module {
        private final LSTM lstm;
        private final Dropout dropout = register("dropout", new Dropout(0.1));
        private final Linear output;

        Model(long seed) {
            Generator generator = Generator.seeded(seed);
            lstm = register("lstm", new LSTM(LSTM.config(1, 6), CPU, generator));
            output = register("output", new Linear(Linear.config(6, 1), CPU, generator));
        }

        Tensor forward(Padded x) {
            Tensor last = lstm.forward(x.values(), x.lengths()).last();
            return output.forward(dropout.forward(last)).squeeze(1);
        }

        Tensor loss(List<Example> batch) {
            float[] answers = new float[batch.size()];
            for (int i = 0; i < answers.length; i++) {
                answers[i] = batch.get(i).answer();
            }
            Tensor predicted = forward(Padded.of(CPU, batch, Example::steps));
            return Losses.mse(predicted, Tensor.of(CPU, answers, answers.length));
        }
    }

    private Echo() {}

    /** So many examples of 1 to 6 steps. */
    static List<Example> examples(int count, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<Example> examples = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            float[][] steps = new float[1 + random.nextInt(6)][1];
            float answer = 0;
            for (float[] step : steps) {
                step[0] = (float) random.nextDouble(-1, 1);
                answer += Math.signum(step[0]) / 3;
            }
            examples.add(new Example(steps, answer));
        }
        return examples;
    }

    /** Batches in another order in every epoch. */
    static Batches<Example> batches(int count, int size) {
        return Batches.of(examples(count, 1), size).shuffled(5).bucketed(example -> example.steps().length);
    }
}
