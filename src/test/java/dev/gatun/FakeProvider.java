package dev.gatun;

import dev.gatun.backend.Backend;
import dev.gatun.backend.BackendProvider;
import dev.gatun.cpu.CpuBackend;
import dev.gatun.cpu.KernelChoice;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/// A provider that can be broken in every way; its devices compute with the scalar kernels.
final class FakeProvider implements BackendProvider {
    private final String name;
    private final int priority;
    private final int devices;
    private final Supplier<Optional<String>> unusable;
    private final Supplier<Backend> opening;
    private final Map<Integer, Backend> backends = new HashMap<>();

    private FakeProvider(
            String name, int priority, int devices, Supplier<Optional<String>> unusable, Supplier<Backend> opening) {
        this.name = name;
        this.priority = priority;
        this.devices = devices;
        this.unusable = unusable;
        this.opening = opening;
    }

    /// One that works.
    static FakeProvider working(String name, int priority, int devices) {
        return new FakeProvider(
                name, priority, devices, Optional::empty, () -> CpuBackend.create(KernelChoice.scalar(name), 1));
    }

    /// One that says why it cannot be used.
    static FakeProvider unusable(String name, int priority, String reason) {
        return new FakeProvider(name, priority, 0, () -> Optional.of(reason), () -> {
            throw new AssertionError("an unusable provider was asked for a backend");
        });
    }

    /// One that fails when it is asked whether it can be used.
    static FakeProvider failing(String name, int priority, RuntimeException failure) {
        return new FakeProvider(
                name,
                priority,
                1,
                () -> {
                    throw failure;
                },
                () -> {
                    throw failure;
                });
    }

    /// One whose devices cannot be opened, which nobody can know before.
    static FakeProvider notOpening(String name, int priority, Supplier<Backend> opening) {
        return new FakeProvider(name, priority, 1, Optional::empty, opening);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int priority() {
        return priority;
    }

    @Override
    public Optional<String> unusable() {
        return unusable.get();
    }

    @Override
    public int devices() {
        return devices;
    }

    @Override
    public Backend backend(int index) {
        return backends.computeIfAbsent(index, i -> opening.get());
    }
}
