package dev.gatun.op;

import dev.gatun.Device;
import dev.gatun.backend.Backend;

/** The kernels that this machine chooses. */
class CpuOpGradientTest extends OpGradientConformance {
    @Override
    Backend backend() {
        return Device.cpu().backend();
    }
}
