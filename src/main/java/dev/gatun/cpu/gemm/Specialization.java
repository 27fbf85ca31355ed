package dev.gatun.cpu.gemm;

import java.io.IOException;
import java.io.InputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/**
 * Copies of a class, one for each constant that its code is compiled for. The Vector API is fast only where the compiler knows
 * the species, which a field of an object does not tell it; a copy holds the species in a {@code static final} field.
 */
public final class Specialization {
    private Specialization() {}

    /**
     * A new instance of a copy of {@code template}, which has a constructor without parameters and takes the constant by
     * {@link #constant} when it is initialised. It names itself in no signature and passes itself to no lambda: there its name
     * means the template, which a copy is not.
     *
     * @param lookup of a class in the template's package, with full access
     */
    public static <T> T of(MethodHandles.Lookup lookup, Class<? extends T> template, Class<T> type, Object constant) {
        try {
            MethodHandles.Lookup copy = lookup.defineHiddenClassWithClassData(bytes(template), constant, true);
            Object made = copy.findConstructor(copy.lookupClass(), MethodType.methodType(void.class))
                    .invoke();
            return type.cast(made);
        } catch (RuntimeException | Error thrown) {
            throw thrown;
        } catch (Throwable thrown) {
            throw new IllegalStateException("cannot specialise " + template.getName(), thrown);
        }
    }

    /** What the copy that looks itself up was made for. */
    public static <T> T constant(MethodHandles.Lookup lookup, Class<T> type) {
        try {
            return MethodHandles.classData(lookup, "_", type);
        } catch (IllegalAccessException thrown) {
            throw new IllegalStateException(lookup + " is no copy made by Specialization", thrown);
        }
    }

    private static byte[] bytes(Class<?> template) throws IOException {
        String name = template.getName();
        try (InputStream stream = template.getResourceAsStream(name.substring(name.lastIndexOf('.') + 1) + ".class")) {
            if (stream == null) {
                throw new IOException("no class file of " + name);
            }
            return stream.readAllBytes();
        }
    }
}
