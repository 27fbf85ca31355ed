package dev.gatun.tool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.CudaTest;
import dev.gatun.Device;
import dev.gatun.MemoryLeakExtension;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// The commands where there is a GPU.
@CudaTest
@ExtendWith(MemoryLeakExtension.class)
class ToolOnCudaTest {
    private final ByteArrayOutputStream output = new ByteArrayOutputStream();

    private int run(String... arguments) {
        PrintStream printer = new PrintStream(output, true, StandardCharsets.UTF_8);
        return new Gatun(printer, printer).run(List.of(arguments));
    }

    private String text() {
        return output.toString(StandardCharsets.UTF_8);
    }

    @Test
    void theDoctorTrainsOnTheGpu() {
        assertEquals(0, run("doctor"), text());
        assertTrue(text().contains("\nchosen device: cuda "), text());
        assertTrue(
                text().matches("(?s).*\n  cuda:0 +.*, compute capability [0-9.]+, [0-9]+ multiprocessors, .*"), text());
        assertTrue(text().matches("(?s).*\n  libcudnn\\.so\\.9 +9\\..*"), text());
        assertTrue(text().endsWith("\n  it works\n"), text());
        assertEquals(0, Device.cuda(0).memory().inUse());
    }

    @Test
    void theGpuComputesWhatTheCpuDoes() {
        assertEquals(0, run("parity", "--device", "cuda:0"), text());
        assertTrue(text().contains("\nthe devices agree: "), text());
        assertEquals(0, Device.cuda(0).memory().inUse());
    }
}
