package dev.gatun.training;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.Device;
import dev.gatun.Generator;
import dev.gatun.MemoryLeakExtension;
import dev.gatun.Scope;
import dev.gatun.Tensor;
import dev.gatun.data.Batches;
import dev.gatun.data.Standardizer;
import dev.gatun.data.TimeSplit;
import dev.gatun.data.Window;
import dev.gatun.nn.LSTM;
import dev.gatun.nn.Linear;
import dev.gatun.nn.Losses;
import dev.gatun.nn.Module;
import dev.gatun.optim.Adam;
import dev.gatun.optim.Optimizer;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** From rows to a forecast: windows, standardised columns, a split in time, a trained model. */
@ExtendWith(MemoryLeakExtension.class)
class ForecastingTest {
    private static final Device CPU = Device.cpu();
    private static final int INPUT_STEPS = 12;
    private static final int HORIZON = 3;

    private static final class Forecaster extends Module {
        private final LSTM lstm = register("lstm", new LSTM(LSTM.config(2, 12), CPU, Generator.seeded(1)));
        private final Linear output =
                register("output", new Linear(Linear.config(12, HORIZON), CPU, Generator.seeded(2)));

        Tensor forward(Tensor x) {
            return output.forward(lstm.forward(x).last());
        }

        Tensor loss(List<Window> windows) {
            return Losses.mse(forward(Window.inputs(CPU, windows)), Window.targets(CPU, windows, 0));
        }
    }

    /** Two waves, one of which tells where the other goes, far from 0 and with some noise. */
    private static float[][] series() {
        SplittableRandom random = new SplittableRandom(1);
        float[][] rows = new float[600][2];
        for (int t = 0; t < rows.length; t++) {
            rows[t][0] = (float) (20 + 5 * Math.sin(t / 4.0) + 3 * Math.sin(t / 9.0) + random.nextDouble(-0.5, 0.5));
            rows[t][1] = (float) (1000 + 30 * Math.cos(t / 9.0));
        }
        return rows;
    }

    @Test
    void aForecastIsBetterThanPersistence() {
        float[][] rows = series();
        int split = TimeSplit.at(rows.length, 0.25);
        Standardizer standard = Standardizer.fit(rows, 0, split);
        float[][] scaled = standard.apply(rows);
        List<Window> later = Window.over(scaled, INPUT_STEPS, HORIZON, split, rows.length);
        Batches<Window> train = Batches.of(Window.over(scaled, INPUT_STEPS, HORIZON, 0, split), 32)
                .shuffled(3);
        try (Forecaster model = new Forecaster();
                Optimizer optimizer = new Adam(Adam.config(0.01), model.parameters())) {
            Training.of(model, optimizer)
                    .epochs(12)
                    .clipNorm(1)
                    .validation(Batches.of(later, 50), model::loss)
                    .run(train, model::loss);
            double error = Math.sqrt(meanSquare(later, standard, forecast(model, later)));
            double persistence = Math.sqrt(meanSquare(later, standard, persist(later)));
            assertTrue(error < persistence / 3, "RMSE " + error + ", persistence " + persistence);
        }
    }

    private static float[] forecast(Forecaster model, List<Window> windows) {
        try (Scope _ = Scope.open()) {
            return model.forward(Window.inputs(CPU, windows)).toFloats();
        }
    }

    /** The last value that is known, for every step ahead. */
    private static float[] persist(List<Window> windows) {
        float[] forecast = new float[windows.size() * HORIZON];
        for (int i = 0; i < forecast.length; i++) {
            Window window = windows.get(i / HORIZON);
            forecast[i] = window.rows()[window.targetStart() - 1][0];
        }
        return forecast;
    }

    private static double meanSquare(List<Window> windows, Standardizer standard, float[] forecast) {
        double sum = 0;
        for (int i = 0; i < forecast.length; i++) {
            Window window = windows.get(i / HORIZON);
            float truth = window.rows()[window.targetStart() + i % HORIZON][0];
            double off = standard.restore(0, forecast[i]) - standard.restore(0, truth);
            sum += off * off / forecast.length;
        }
        return sum;
    }
}
