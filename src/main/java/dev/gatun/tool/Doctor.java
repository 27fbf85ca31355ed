package dev.gatun.tool;

import dev.gatun.Device;
import dev.gatun.backend.BackendProvider;
import dev.gatun.backend.Finding;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.function.Supplier;

/** Looks at the machine, at Java and at each kind of backend, and tries the device that Gatun chooses. */
final class Doctor {
    private static final String VECTOR_MODULE = "jdk.incubator.vector";

    private Doctor() {}

    static Diagnosis examine(String version) {
        List<Diagnosis.Section> sections = new ArrayList<>();
        sections.add(new Diagnosis.Section("system", system()));
        ServiceLoader.load(BackendProvider.class, Doctor.class.getClassLoader()).stream()
                .map(Doctor::backend)
                .forEach(sections::add);
        return new Diagnosis(version, sections, Trial.of(Device::best));
    }

    private static List<Finding> system() {
        List<Finding> findings = new ArrayList<>();
        findings.add(Finding.fine(
                "operating system",
                property("os.name") + " " + property("os.version") + " on " + property("os.arch") + ", "
                        + Runtime.getRuntime().availableProcessors() + " processors"));
        findings.add(Finding.fine(
                "java", Runtime.version() + " of " + property("java.vendor") + " at " + property("java.home")));
        boolean vectors = ModuleLayer.boot().findModule(VECTOR_MODULE).isPresent();
        findings.add(
                vectors
                        ? Finding.fine(VECTOR_MODULE, "present")
                        : Finding.lacking(VECTOR_MODULE, "absent: the CPU computes with the scalar kernels"));
        if (!vectors) {
            findings.add(Finding.remedy("java --add-modules " + VECTOR_MODULE));
        }
        Module module = Doctor.class.getModule();
        if (module.isNativeAccessEnabled()) {
            findings.add(Finding.fine("native access", "enabled"));
        } else {
            findings.add(Finding.lacking("native access", "not enabled: Java warns at the first use, or refuses it"));
            findings.add(Finding.remedy(
                    "java --enable-native-access=" + (module.isNamed() ? module.getName() : "ALL-UNNAMED")));
        }
        return findings;
    }

    private static String property(String name) {
        return System.getProperty(name, "unknown");
    }

    /** What a provider says; one that fails is a finding too. */
    static Diagnosis.Section backend(Supplier<BackendProvider> provider) {
        try {
            BackendProvider made = provider.get();
            try {
                return new Diagnosis.Section(made.name(), made.findings());
            } catch (RuntimeException | LinkageError failure) {
                return new Diagnosis.Section(made.name(), List.of(Finding.lacking("failed", failure.toString())));
            }
        } catch (ServiceConfigurationError broken) {
            return new Diagnosis.Section(
                    "a broken provider",
                    List.of(Finding.lacking("failed", broken.getMessage() + ": " + broken.getCause())));
        }
    }
}
