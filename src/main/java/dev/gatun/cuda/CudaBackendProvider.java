package dev.gatun.cuda;

import dev.gatun.backend.Backend;
import dev.gatun.backend.BackendProvider;
import dev.gatun.backend.DeviceException;
import dev.gatun.backend.Finding;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Provides NVIDIA's GPUs where their driver and libraries are found. */
public final class CudaBackendProvider implements BackendProvider {
    private static final int PRIORITY = 10;
    private static final Map<Integer, CudaBackend> BACKENDS = new HashMap<>();

    /** For {@link java.util.ServiceLoader}. */
    public CudaBackendProvider() {}

    private static final class Found {
        static final CudaDevices DEVICES = CudaDevices.find();
    }

    @Override
    public String name() {
        return "cuda";
    }

    @Override
    public int priority() {
        return PRIORITY;
    }

    @Override
    public Optional<String> unusable() {
        return Optional.ofNullable(Found.DEVICES.problem());
    }

    @Override
    public int devices() {
        return Found.DEVICES.count();
    }

    @Override
    public List<Finding> findings() {
        return CudaReport.findings();
    }

    @Override
    public Backend backend(int index) {
        unusable().ifPresent(problem -> {
            throw new DeviceException("cuda: no device can be used: " + problem);
        });
        if (index < 0 || index >= devices()) {
            throw new IndexOutOfBoundsException("cuda: no device " + index + "; there are " + devices());
        }
        synchronized (BACKENDS) {
            return BACKENDS.computeIfAbsent(index, device -> new CudaBackend(device, devices()));
        }
    }

    /**
     * Closes every device that was opened. For tests: a program leaves it to the end of the process, up to which its threads may compute,
     * and the driver takes everything back then.
     */
    static void closeDevices() {
        synchronized (BACKENDS) {
            BACKENDS.values().forEach(CudaBackend::close);
            BACKENDS.clear();
        }
    }
}
