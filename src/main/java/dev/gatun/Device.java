package dev.gatun;

import dev.gatun.backend.Backend;
import dev.gatun.backend.Explanation;
import dev.gatun.backend.MemoryUsage;
import dev.gatun.backend.Precision;
import java.util.List;

/** Where tensors lie and operations run. */
public final class Device {
    private static final Devices INSTALLED = Devices.installed();

    private final Backend backend;

    private Device(Backend backend) {
        this.backend = backend;
    }

    /** The CPU; always there. Asking for it opens no other device. */
    public static Device cpu() {
        return INSTALLED.get("cpu", 0);
    }

    /**
     * An NVIDIA GPU; the same object at every call.
     *
     * @param index counted from 0, as the driver counts those that it shows to this process
     * @throws dev.gatun.backend.DeviceException if there is no such GPU or it cannot be used, with everything that was tried
     */
    public static Device cuda(int index) {
        return INSTALLED.get("cuda", index);
    }

    /** The best device that is usable here; the same at every call. Where that is the CPU, one line of the log says why no GPU is. */
    public static Device best() {
        return INSTALLED.best();
    }

    /** A device on a backend of one's own. Tensors of two devices never meet in an operation, even on one backend. */
    public static Device of(Backend backend) {
        return new Device(backend);
    }

    /** The kind of device: {@code cpu}, {@code cuda}. */
    public String name() {
        return backend.name();
    }

    /** What was chosen, for people: kernels, threads, libraries. */
    public String description() {
        return backend.description();
    }

    /** The device's memory now. */
    public MemoryUsage memory() {
        return backend.memory().usage();
    }

    /** How products of F32 numbers are computed here; see {@link #allow}. */
    public Precision precision() {
        return backend.precision();
    }

    /**
     * Allows products of F32 to be computed less exactly, and faster, in what is called from now on, also in other threads. At first it is
     * {@link Precision#F32}. The CPU, which would not be faster, stays exact. What a tape recorded before is not to be passed back after:
     * some operations leave other things for their backward pass.
     */
    public void allow(Precision precision) {
        backend.allow(precision);
    }

    /**
     * Which way calls went for which a device has several, attention above all, and why not the fastest: the last ones that differ, the
     * latest last. The CPU has one way for each.
     */
    public List<Explanation> explanations() {
        return backend.explanations();
    }

    /** The service behind this device. */
    public Backend backend() {
        return backend;
    }

    @Override
    public String toString() {
        return name();
    }
}
