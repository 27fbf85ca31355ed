package dev.gatun.nn.init;

import dev.gatun.Device;
import dev.gatun.Generator;
import dev.gatun.Scope;
import dev.gatun.Tensor;
import dev.gatun.layout.DType;
import dev.gatun.layout.Shape;
import dev.gatun.layout.ShapeException;

/** Random orthonormal vectors: normal ones by Gram and Schmidt, which is QR with a positive diagonal, so that none is preferred. */
final class Orthogonal {
    private Orthogonal() {}

    static Tensor values(Device device, Shape shape, Generator generator, double gain) {
        if (shape.rank() < 2 || shape.elements() == 0) {
            throw new ShapeException("orthogonal", "needs a shape [outputs, inputs, …], was given " + shape);
        }
        int outputs = shape.size(0);
        int inputs = Math.toIntExact(shape.elements() / outputs);
        double[][] vectors = drawn(device, generator, Math.min(outputs, inputs), Math.max(outputs, inputs));
        orthonormalize(vectors);
        float[] elements = new float[outputs * inputs];
        for (int i = 0; i < outputs; i++) {
            for (int j = 0; j < inputs; j++) {
                double element = outputs <= inputs ? vectors[i][j] : vectors[j][i];
                elements[i * inputs + j] = (float) (gain * element);
            }
        }
        return Tensor.of(device, elements, shape.toArray());
    }

    private static double[][] drawn(Device device, Generator generator, int count, int length) {
        double[] normal;
        try (Scope _ = Scope.open()) {
            normal = Tensor.normal(device, generator, DType.F64, Shape.of(count, length), 0, 1)
                    .toDoubles();
        }
        double[][] vectors = new double[count][length];
        for (int i = 0; i < count; i++) {
            System.arraycopy(normal, i * length, vectors[i], 0, length);
        }
        return vectors;
    }

    /** Twice is enough: what the first pass leaves by rounding, the second removes (Kahan; Giraud et al. 2005). */
    private static void orthonormalize(double[][] vectors) {
        for (int i = 0; i < vectors.length; i++) {
            for (int pass = 0; pass < 2; pass++) {
                for (int j = 0; j < i; j++) {
                    subtractProjection(vectors[i], vectors[j]);
                }
            }
            double norm = Math.sqrt(dot(vectors[i], vectors[i]));
            for (int k = 0; k < vectors[i].length; k++) {
                vectors[i][k] /= norm;
            }
        }
    }

    private static void subtractProjection(double[] vector, double[] onto) {
        double product = dot(vector, onto);
        for (int k = 0; k < vector.length; k++) {
            vector[k] -= product * onto[k];
        }
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int k = 0; k < a.length; k++) {
            sum += a[k] * b[k];
        }
        return sum;
    }
}
