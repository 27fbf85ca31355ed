package dev.gatun;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.gatun.backend.Backend;
import dev.gatun.backend.BackendProvider;
import dev.gatun.backend.DeviceException;
import dev.gatun.backend.Finding;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.ResourceBundle;
import java.util.ServiceConfigurationError;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// Which devices are found and chosen, and what is said where one cannot be had.
@ExtendWith(MemoryLeakExtension.class)
class DevicesTest {
    private static final BackendProvider CPU = FakeProvider.working("cpu", 0, 1);

    private final List<String> lines = new ArrayList<>();

    private final System.Logger log = new System.Logger() {
        @Override
        public String getName() {
            return "test";
        }

        @Override
        public boolean isLoggable(Level level) {
            return true;
        }

        @Override
        public void log(Level level, @Nullable ResourceBundle bundle, String message, @Nullable Throwable thrown) {
            lines.add(level + " " + message);
        }

        @Override
        public void log(Level level, @Nullable ResourceBundle bundle, String format, @Nullable Object... parameters) {
            lines.add(level + " " + format);
        }
    };

    private Devices devices(BackendProvider... providers) {
        return new Devices(
                Stream.of(providers)
                        .map(provider -> (Supplier<BackendProvider>) () -> provider)
                        .toList(),
                log);
    }

    @Test
    void theHighestPriorityThatCanBeUsedIsBestAndNothingIsLogged() {
        Devices devices = devices(CPU, FakeProvider.working("cuda", 10, 2), FakeProvider.working("other", 5, 1));
        Device best = devices.best();
        assertSame(devices.get("cuda", 0), best);
        assertSame(best, devices.best());
        assertEquals(List.of(), lines);
    }

    @Test
    void devicesAreOpenedOnce() {
        Devices devices = devices(CPU, FakeProvider.working("cuda", 10, 2));
        assertSame(devices.get("cuda", 1), devices.get("cuda", 1));
        assertNotSame(devices.get("cuda", 0), devices.get("cuda", 1));
        assertSame(devices.get("cpu", 0), devices.get("cpu", 0));
    }

    @Test
    void oneLineSaysWhyTheCpuIsUsed() {
        Devices devices = devices(CPU, FakeProvider.unusable("cuda", 10, "no libraries\n  looked in /usr/lib"));
        assertSame(devices.get("cpu", 0), devices.best());
        assertSame(devices.get("cpu", 0), devices.best());
        assertEquals(List.of(Level.INFO + " device cpu is used, because cuda cannot be used: no libraries"), lines);
    }

    @Test
    void aDeviceThatCannotBeOpenedIsPassedOverWithAWarning() {
        for (Throwable failure : List.of(new DeviceException("no memory"), new UnsatisfiedLinkError("no memory"))) {
            lines.clear();
            Devices devices = devices(CPU, FakeProvider.notOpening("cuda", 10, () -> sneak(failure)));
            assertEquals("cpu", devices.best().name());
            assertEquals(List.of(Level.WARNING + " device cpu is used, because cuda failed: no memory"), lines);
        }
    }

    @Test
    void aFailureWithoutAMessageIsNamed() {
        devices(CPU, FakeProvider.notOpening("cuda", 10, () -> sneak(new ExceptionInInitializerError())))
                .best();
        assertEquals(
                List.of(Level.WARNING
                        + " device cpu is used, because cuda failed: java.lang.ExceptionInInitializerError"),
                lines);
    }

    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    private static <T extends Throwable> Backend sneak(Throwable failure) throws T {
        throw (T) failure;
    }

    @Test
    void aProviderThatFailsIsPassedOver() {
        Devices devices = devices(FakeProvider.failing("cuda", 10, new IllegalStateException("bad day")), CPU);
        assertEquals("cpu", devices.best().name());
        assertEquals(List.of(Level.WARNING + " device cpu is used, because cuda failed: bad day"), lines);
    }

    @Test
    void aProviderThatCannotBeMadeStandsInNobodysWay() {
        Supplier<BackendProvider> broken = () -> {
            throw new ServiceConfigurationError("provider x", new IllegalStateException("bad start"));
        };
        Devices devices = new Devices(List.of(broken, () -> CPU), log);
        assertEquals("cpu", devices.get("cpu", 0).name());
        assertSame(devices.get("cpu", 0), devices.best());
        assertEquals(
                List.of(Level.WARNING
                        + " device cpu is used, because provider x: java.lang.IllegalStateException: bad start"),
                lines);
        assertMessage(
                "device: no provider of cuda was found, but broken ones: provider x: "
                        + "java.lang.IllegalStateException: bad start",
                () -> devices.get("cuda", 0));
    }

    @Test
    void askingForTheCpuAsksNoOther() {
        Devices devices = devices(FakeProvider.failing("cuda", 10, new IllegalStateException("was asked")), CPU);
        assertEquals("cpu", devices.get("cpu", 0).name());
    }

    @Test
    void refusalsSayEverything() {
        Devices devices = devices(
                CPU,
                FakeProvider.unusable("cuda", 10, "no libraries\n  looked in /usr/lib"),
                FakeProvider.working("two", 1, 2));
        assertMessage(
                "device: cuda:0 cannot be used: no libraries\n  looked in /usr/lib", () -> devices.get("cuda", 0));
        assertMessage("device: there is no two:2, two has 2 devices, counted from 0", () -> devices.get("two", 2));
        assertMessage("device: there is no two:-1, two has 2 devices, counted from 0", () -> devices.get("two", -1));
        assertMessage("device: there is no cpu:1, cpu has 1 device, counted from 0", () -> devices.get("cpu", 1));
        assertMessage("device: no provider of tpu was found", () -> devices.get("tpu", 0));
    }

    @Test
    void whereNoneCanBeUsedAllReasonsAreThrown() {
        IllegalArgumentException failure = new IllegalArgumentException("gatun.threads: expected a number");
        Devices devices = devices(FakeProvider.failing("cpu", 0, failure), FakeProvider.unusable("cuda", 10, "none"));
        DeviceException thrown = assertThrows(DeviceException.class, devices::best);
        assertEquals(
                "device: none can be used: cuda cannot be used: none; cpu failed: gatun.threads: expected a number",
                thrown.getMessage());
        assertSame(failure, thrown.getCause());
    }

    @Test
    void providersTellWhetherTheyCanBeUsed() {
        assertEquals(
                List.of(Finding.fine("devices", "2")),
                FakeProvider.working("two", 1, 2).findings());
        assertEquals(
                List.of(Finding.lacking("devices", "none")),
                FakeProvider.unusable("cuda", 1, "none").findings());
    }

    private static void assertMessage(String expected, Runnable action) {
        assertEquals(expected, assertThrows(DeviceException.class, action::run).getMessage());
    }
}
