package dev.gatun;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What is told of, and done about, memory that nobody gave back. */
@ExtendWith(MemoryLeakExtension.class)
class LeakTest {
    private static final Device CPU = Device.cpu();

    /** What the tests after these expect. */
    private static final boolean ASKED_FOR = Boolean.getBoolean("gatun.memory.sites");

    @Test
    void aReportNamesThePlaceOfEveryLiveTensor() {
        AllocationSites.record(true);
        try (var _ = Scope.open()) {
            Tensor.ones(CPU, 100, 10);
            Tensor.ones(CPU, 3).add(1);
            String report = AllocationSites.report(CPU);
            List<String> lines = report.lines().toList();
            assertEquals(2, lines.size(), report);
            String place = "LeakTest.aReportNamesThePlaceOfEveryLiveTensor(LeakTest.java:";
            assertTrue(
                    lines.getFirst().startsWith("4000 bytes in 1 tensors made at ")
                            && lines.getFirst().contains(place),
                    report);
        } finally {
            assertEquals("", AllocationSites.report(CPU));
            AllocationSites.record(ASKED_FOR);
        }
    }

    @Test
    void withoutRecordingTheReportSaysHowToRecord() {
        AllocationSites.record(false);
        assertEquals(
                "0 bytes in use; run with -Dgatun.memory.sites=true to see where they were allocated",
                AllocationSites.report(CPU));
        AllocationSites.record(ASKED_FOR);
    }

    @Test
    void aParameterThatBecomesUnreachableIsReleased() {
        makeAndForget();
        awaitRelease();
    }

    @Test
    void recordingSitesKeepsNoParameterFromBeingReleased() {
        AllocationSites.record(true);
        try {
            makeAndForget();
            awaitRelease();
            assertEquals("", AllocationSites.report(CPU));
        } finally {
            AllocationSites.record(ASKED_FOR);
        }
    }

    /** A lent segment is what another part of a program may hold on to: it must not come to show other tensors. */
    @Test
    void aLentSegmentKeepsItsParameter() {
        checkAfterCollections(lendAndForget());
        awaitRelease();
    }

    private static void checkAfterCollections(MemorySegment segment) {
        for (int i = 0; i < 20; i++) {
            System.gc();
            LockSupport.parkNanos(10_000_000);
        }
        try (var _ = Scope.open()) {
            Tensor.zeros(CPU, 2);
            assertEquals(1, segment.get(ValueLayout.JAVA_FLOAT, 4));
        }
    }

    private static MemorySegment lendAndForget() {
        try (var _ = Scope.open()) {
            return Parameter.of(Tensor.ones(CPU, 2)).segment();
        }
    }

    private static void awaitRelease() {
        for (int i = 0; i < 200 && CPU.memory().inUse() > 0; i++) {
            System.gc();
            LockSupport.parkNanos(10_000_000);
        }
        assertEquals(0, CPU.memory().inUse());
    }

    private static void makeAndForget() {
        try (var _ = Scope.open()) {
            assertEquals(2, Parameter.of(Tensor.ones(CPU, 2)).sum().item());
        }
    }
}
