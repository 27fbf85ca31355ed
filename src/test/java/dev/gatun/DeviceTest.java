package dev.gatun;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.gatun.backend.Precision;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(MemoryLeakExtension.class)
class DeviceTest {
    @Test
    void cpuStaysExactWhateverIsAllowed() {
        for (Precision precision : Precision.values()) {
            Device.cpu().allow(precision);
            assertEquals(Precision.F32, Device.cpu().precision());
        }
    }

    @Test
    void cpuHasOneWayForEachCall() {
        assertEquals(List.of(), Device.cpu().explanations());
    }
}
