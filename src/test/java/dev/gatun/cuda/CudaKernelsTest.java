package dev.gatun.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.CudaTest;
import dev.gatun.MemoryLeakExtension;
import dev.gatun.backend.View;
import dev.gatun.layout.DType;
import dev.gatun.layout.Layout;
import dev.gatun.layout.Shape;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** From a kernel's text to its run, by way of the disk. */
@CudaTest
@ExtendWith(MemoryLeakExtension.class)
class CudaKernelsTest {
    private static final FileTime LONG_AGO = FileTime.fromMillis(0);

    @TempDir
    Path folder;

    /** Compiles or loads one family, fills a view with it, and checks what was filled. */
    private void fill(KernelCache cache, float value) {
        assertEquals(Optional.empty(), CudaLibraries.get().problem());
        try (CudaRuntime runtime = new CudaRuntime(0, 1);
                CudaKernels kernels = new CudaKernels(runtime, architecture(), cache)) {
            CudaStorage storage = runtime.memory().allocate(5 * Float.BYTES);
            View view = new View(storage, DType.F32, Layout.contiguous(Shape.of(5)));
            try (var _ = runtime.calls()) {
                kernels.call("copies", DType.F32, "fill")
                        .walk(CudaWalk.of("test", view.layout()))
                        .float64(value)
                        .constant(DType.F32)
                        .pointer(view)
                        .overElements(5);
            }
            float[] filled = new float[5];
            runtime.memory().read(storage, 0, MemorySegment.ofArray(filled));
            storage.release();
            assertArrayEquals(new float[] {value, value, value, value, value}, filled);
        }
    }

    private static String architecture() {
        return CudaDevices.properties(0).architecture();
    }

    private Path onlyFile() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.reduce((a, b) -> {
                        throw new AssertionError("more than one file: " + a + ", " + b);
                    })
                    .orElseThrow();
        }
    }

    @Test
    void whatIsOnTheDiskIsNotCompiledAgain() throws IOException {
        fill(new KernelCache(folder), 1);
        Files.setLastModifiedTime(onlyFile(), LONG_AGO);
        fill(new KernelCache(folder), 2);
        assertEquals(LONG_AGO, Files.getLastModifiedTime(onlyFile()));
        Files.delete(onlyFile());
        fill(new KernelCache(folder), 3);
        assertTrue(Files.exists(onlyFile()), "compiled and kept again");
    }

    @Test
    void codeThatTheDriverRefusesIsCompiledAnew() throws IOException {
        fill(new KernelCache(folder), 1);
        String key = onlyFile().getFileName().toString().replace(".cubin", "");
        byte[] good = Files.readAllBytes(onlyFile());
        new KernelCache(folder).store(key, "no code at all".getBytes(StandardCharsets.UTF_8));
        assertTrue(new KernelCache(folder).find(key).isPresent(), "its checksum is right");
        fill(new KernelCache(folder), 2);
        assertEquals(good.length, Files.size(onlyFile()), "the bad code is replaced");
    }

    @Test
    void damagedCodeIsCompiledAnew() throws IOException {
        fill(new KernelCache(folder), 1);
        byte[] good = Files.readAllBytes(onlyFile());
        byte[] damaged = good.clone();
        damaged[good.length / 2] ^= 1;
        Files.write(onlyFile(), damaged);
        fill(new KernelCache(folder), 2);
        assertEquals(good.length, Files.size(onlyFile()));
        assertTrue(new KernelCache(folder)
                .find(onlyFile().getFileName().toString().replace(".cubin", ""))
                .isPresent());
    }

    @Test
    void aFolderThatCannotBeWrittenDoesNotMatter() throws IOException {
        Path file = Files.writeString(folder.resolve("a file"), "where a folder should be");
        fill(new KernelCache(file), 4);
        assertTrue(Files.isRegularFile(file));
    }

    @Test
    void errorsOfTheTextAreInTheException() {
        assertEquals(Optional.empty(), CudaLibraries.get().problem());
        KernelSource good = KernelSource.of("copies", DType.F32, architecture());
        KernelSource bad =
                new KernelSource("bad", "extern \"C\" __global__ void bad(int *x) { *x = nowhere; }\n", good.options());
        String message = assertThrows(CudaException.class, () -> KernelCompiler.compile(bad))
                .getMessage();
        assertTrue(message.contains("nvrtcCompileProgram of bad.cu"), message);
        assertTrue(message.contains("nowhere"), message);
        assertFalse(message.contains("\0"), message);
    }

    @Test
    void kernelsThatAreNotThereAreNamed() {
        assertEquals(Optional.empty(), CudaLibraries.get().problem());
        try (CudaRuntime runtime = new CudaRuntime(0, 1);
                CudaKernels kernels = new CudaKernels(runtime, architecture(), new KernelCache(folder));
                var _ = runtime.calls()) {
            String message = assertThrows(CudaException.class, () -> kernels.call("copies", DType.F32, "nothing"))
                    .getMessage();
            assertTrue(message.contains("cudaLibraryGetKernel of nothing"), message);
        }
    }
}
