package dev.gatun;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.backend.MemoryUsage;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(MemoryLeakExtension.class)
class ScopeTest {
    private static final Device CPU = Device.cpu();

    @Test
    void closingReleasesEverythingMadeInside() {
        Scope scope = Scope.open();
        Tensor tensor = Tensor.ones(CPU, 3, 5);
        assertFalse(tensor.isClosed());
        scope.close();
        scope.close();
        assertTrue(tensor.isClosed());
        assertEquals(0, CPU.memory().inUse());
    }

    @Test
    void useAfterCloseIsAnErrorThatNamesTheTensor() {
        Tensor tensor;
        try (var _ = Scope.open()) {
            tensor = Tensor.ones(CPU, 3, 5);
        }
        IllegalStateException read = assertThrows(IllegalStateException.class, tensor::toFloats);
        assertTrue(read.getMessage().contains("F32 [3, 5] was used after it was closed"), read.getMessage());
        assertEquals("F32 [3, 5] (closed)", tensor.toString());
        try (var _ = Scope.open()) {
            assertThrows(IllegalStateException.class, () -> tensor.add(1));
        }
    }

    @Test
    void anExportedSegmentDiesWithItsTensor() {
        MemorySegment segment;
        try (var _ = Scope.open()) {
            Tensor tensor = Tensor.of(CPU, new float[] {1, 2, 3}, 3).slice(0, 1, 3);
            segment = tensor.segment();
            assertEquals(8, segment.byteSize());
            assertEquals(2, segment.get(ValueLayout.JAVA_FLOAT, 0));
            MemorySegment readOnly = segment;
            assertThrows(IllegalArgumentException.class, () -> readOnly.set(ValueLayout.JAVA_FLOAT, 0, 1));
            assertThrows(IndexOutOfBoundsException.class, () -> readOnly.get(ValueLayout.JAVA_FLOAT, 8));
        }
        assertThrows(IllegalStateException.class, () -> segment.get(ValueLayout.JAVA_FLOAT, 0));
    }

    @Test
    void makingATensorWithoutAScopeSaysWhatToWrite() {
        IllegalStateException none = assertThrows(IllegalStateException.class, () -> Tensor.ones(CPU, 2));
        assertTrue(none.getMessage().contains("try (var scope = Scope.open())"), none.getMessage());
        assertEquals(0, CPU.memory().inUse());
    }

    @Test
    void keepMovesATensorOutwardWithoutACopy() {
        try (var outer = Scope.open()) {
            Tensor kept;
            long before = CPU.memory().inUse();
            try (var inner = Scope.open()) {
                kept = inner.keep(Tensor.ones(CPU, 4));
                Tensor.ones(CPU, 1000);
            }
            assertArrayEquals(new float[] {1, 1, 1, 1}, kept.toFloats());
            assertEquals(64, CPU.memory().inUse() - before);
            assertThrows(IllegalStateException.class, () -> outer.keep(kept));
        }
    }

    @Test
    void keepAlsoMovesWhatAnInnerScopeOwns() {
        try (var _ = Scope.open()) {
            Tensor kept;
            try (var middle = Scope.open()) {
                try (var _ = Scope.open()) {
                    kept = middle.keep(Tensor.ones(CPU, 4));
                }
            }
            assertEquals(4, kept.sum().item());
        }
    }

    @Test
    void aTensorThatRefusesToCloseDoesNotKeepTheOthers() {
        Tensor first;
        Tensor broken;
        Scope scope = Scope.open();
        first = Tensor.ones(CPU, 4);
        broken = Tensor.ones(CPU, 4);
        broken.view().storage().release();
        IllegalStateException refusal = assertThrows(IllegalStateException.class, scope::close);
        assertEquals("storage: released more often than retained", refusal.getMessage());
        assertTrue(first.isClosed());
        assertEquals(0, CPU.memory().inUse());
    }

    @Test
    void aSegmentInUseKeepsItsTensorOpen() throws Exception {
        Pipe pipe = Pipe.open();
        try (var _ = Scope.open();
                ExecutorService threads = Executors.newSingleThreadExecutor()) {
            Tensor tensor = Tensor.ones(CPU, 1 << 20);
            assertSame(tensor.segment(), tensor.segment());
            var writing =
                    threads.submit(() -> pipe.sink().write(tensor.segment().asByteBuffer()));
            ByteBuffer one = ByteBuffer.allocate(1);
            pipe.source().read(one);
            assertThrows(IllegalStateException.class, tensor::close);
            assertFalse(tensor.isClosed());
            assertEquals(1 << 20, tensor.sum().item());
            try (var source = pipe.source()) {
                ByteBuffer rest = ByteBuffer.allocate(1 << 16);
                while (!writing.isDone()) {
                    source.read(rest.clear());
                }
            }
            tensor.close();
            assertTrue(tensor.isClosed());
        } finally {
            pipe.sink().close();
        }
    }

    @Test
    void aViewOutlivesTheTensorItWasMadeFrom() {
        try (var _ = Scope.open()) {
            Tensor view;
            try (var inner = Scope.open()) {
                view = inner.keep(Tensor.of(CPU, new float[] {1, 2, 3, 4}, 2, 2).transpose(0, 1));
            }
            assertArrayEquals(new float[] {1, 3, 2, 4}, view.toFloats());
        }
        assertEquals(0, CPU.memory().inUse());
    }

    @Test
    void aLoopThatReplacesItsStateStaysFlat() {
        try (var _ = Scope.open()) {
            Tensor state = Tensor.zeros(CPU, 64);
            long flat = -1;
            for (int i = 0; i < 10_000; i++) {
                try (var step = Scope.open()) {
                    state = step.replace(state, state.add(1));
                }
                if (i == 10) {
                    flat = CPU.memory().inUse();
                }
            }
            assertEquals(flat, CPU.memory().inUse());
            assertEquals(10_000, state.select(0, 5).item());
        }
    }

    @Test
    void aTensorMayBeClosedEarlyAndTwice() {
        try (var _ = Scope.open()) {
            Tensor first = Tensor.ones(CPU, 3);
            Tensor second = Tensor.ones(CPU, 3);
            first.close();
            first.close();
            assertEquals(3, second.sum().item());
        }
        assertEquals(0, CPU.memory().inUse());
    }

    @Test
    void closingOutOfOrderIsAnError() {
        Scope outer = Scope.open();
        Scope inner = Scope.open();
        assertThrows(IllegalStateException.class, outer::close);
        inner.close();
        outer.close();
        assertThrows(IllegalStateException.class, () -> outer.keep(new RecordingGroup()));
    }

    private record RecordingGroup() implements TensorGroup {
        @Override
        public List<Tensor> tensors() {
            return List.of();
        }
    }

    @Test
    void anotherThreadNeedsItsOwnScope() {
        try (var scope = Scope.open()) {
            Tensor tensor = Tensor.ones(CPU, 3);
            CompletableFuture<Class<?>> making =
                    CompletableFuture.supplyAsync(() -> assertThrows(IllegalStateException.class, () -> tensor.add(1))
                            .getClass());
            assertEquals(IllegalStateException.class, making.join());
            CompletableFuture<Class<?>> closing = CompletableFuture.supplyAsync(() ->
                    assertThrows(IllegalStateException.class, scope::close).getClass());
            assertEquals(IllegalStateException.class, closing.join());
            CompletableFuture<Double> reading = CompletableFuture.supplyAsync(() -> {
                try (var _ = Scope.open()) {
                    return tensor.sum().item();
                }
            });
            assertEquals(3.0, reading.join());
        }
    }

    @Test
    void steadyWorkTakesNothingFromTheSystem() {
        MemoryUsage warm = null;
        for (int i = 0; i < 100; i++) {
            try (var _ = Scope.open()) {
                Tensor.ones(CPU, 300, 300).add(Tensor.ones(CPU, 300)).sum().item();
            }
            if (i == 3) {
                warm = CPU.memory();
            }
        }
        MemoryUsage after = CPU.memory();
        assertEquals(warm.systemAllocations(), after.systemAllocations());
        assertEquals(warm.pooled(), after.pooled());
        assertEquals(0, after.inUse());
    }
}
