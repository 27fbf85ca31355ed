package dev.gatun.benchmark;

import dev.gatun.Device;
import dev.gatun.Generator;
import dev.gatun.Gradients;
import dev.gatun.Parameter;
import dev.gatun.Scope;
import dev.gatun.Tape;
import dev.gatun.Tensor;
import dev.gatun.layout.DType;
import dev.gatun.layout.Shape;
import dev.gatun.optim.Adam;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Adam over parameters whose gradients stay as they are. */
final class OptimizerStep implements Step {
    private final Scope scope = Scope.open();
    private final List<Parameter> parameters = new ArrayList<>();
    private final Tape tape;
    private final Gradients gradients;
    private final Adam optimizer;

    OptimizerStep(Device device, int count, int size) {
        Generator generator = Generator.seeded(1);
        Shape shape = Shape.of(size);
        List<Tensor> drawn = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            parameters.add(Parameter.of(Tensor.normal(device, generator, DType.F32, shape, 0, 1)));
            drawn.add(Tensor.normal(device, generator, DType.F32, shape, 0, 1));
        }
        tape = Tape.record();
        Tensor loss = Tensor.zeros(device);
        for (int i = 0; i < count; i++) {
            loss = loss.add(parameters.get(i).multiply(drawn.get(i)).sum());
        }
        gradients = tape.gradients(loss, parameters);
        optimizer = new Adam(Adam.config(1e-3), parameters);
    }

    @Override
    public void run(Pass pass) {
        optimizer.step(gradients);
    }

    @Override
    public Map<String, Tensor> results() {
        Map<String, Tensor> all = new LinkedHashMap<>();
        for (int i = 0; i < parameters.size(); i++) {
            Parameter parameter = parameters.get(i);
            all.put("parameter." + i, parameter.multiply(1));
            all.put("input." + i, gradients.of(parameter));
        }
        optimizer.step(gradients);
        for (int i = 0; i < parameters.size(); i++) {
            all.put("output." + i, parameters.get(i));
        }
        return all;
    }

    @Override
    public void close() {
        tape.close();
        scope.close();
        optimizer.close();
        parameters.forEach(Parameter::close);
    }
}
