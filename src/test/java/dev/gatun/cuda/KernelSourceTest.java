package dev.gatun.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.layout.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class KernelSourceTest {
    /** All that the jar ships. */
    static final List<String> FAMILIES = List.of(
            "addresses",
            "attention",
            "cells",
            "copies",
            "elementwise",
            "index",
            "loss",
            "normalization",
            "optimizer",
            "random",
            "reduction");

    @Test
    void everyFileIsOfAFamilyHere() throws IOException {
        try (Stream<Path> files = Files.list(Path.of("native", "kernels"))) {
            List<String> sources = files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".cu"))
                    .map(name -> name.substring(0, name.length() - ".cu".length()))
                    .sorted()
                    .toList();
            assertEquals(FAMILIES, sources);
        }
    }

    @Test
    void textIsWhole() {
        for (String family : FAMILIES) {
            String text = KernelSource.of(family, DType.F32, "sm_90").text();
            assertTrue(text.contains("extern \"C\" __global__ void"), family);
            assertFalse(text.contains("#include"), family + " includes nothing that NVRTC would have to find");
        }
    }

    @Test
    void digestTellsWhatMattersApart() {
        String first = KernelSource.of("loss", DType.F32, "sm_90").digest("nvrtc 13.0");
        assertEquals(first, KernelSource.of("loss", DType.F32, "sm_90").digest("nvrtc 13.0"));
        assertNotEquals(first, KernelSource.of("loss", DType.F32, "sm_90").digest("nvrtc 13.1"), "compiler");
        assertNotEquals(first, KernelSource.of("loss", DType.F64, "sm_90").digest("nvrtc 13.0"), "type");
        assertNotEquals(first, KernelSource.of("loss", DType.F32, "sm_80").digest("nvrtc 13.0"), "architecture");
        assertNotEquals(first, KernelSource.of("index", DType.F32, "sm_90").digest("nvrtc 13.0"), "text");
    }

    @Test
    void refusesWhatKernelsDoNotComputeIn() {
        String message = assertThrows(
                        IllegalArgumentException.class, () -> KernelSource.of("loss", DType.BF16, "sm_90"))
                .getMessage();
        assertEquals("cuda: no kernels compute in BF16; convert to F32 first", message);
        assertThrows(IllegalStateException.class, () -> KernelSource.of("nothing", DType.F32, "sm_90"));
    }
}
