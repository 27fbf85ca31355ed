// What cuDNN's refusals and the stand-in's breaches look like, for tests.
#pragma once

#include "core/standin.hpp"
#include "expect.hpp"

#include <cuda_runtime_api.h>
#include <cudnn.h>

namespace test {

/// A status with a text that says why, and nothing broken.
inline void expect_refused(cudnnStatus_t actual, cudnnStatus_t status, const std::string &why, const char *text, int line) {
    expect_equal(int(actual), int(status), text, line);
    char message[512];
    cudnnGetLastErrorString(message, sizeof message);
    expect_contains(message, why, text, line);
    EXPECT_EQUAL(std::string(gatun_standin_violations()), "");
}

#define EXPECT_REFUSED(call, status, why) test::expect_refused(call, CUDNN_STATUS_##status, why, #call, __LINE__)

/// The breach is on record once the work has run, and is forgotten.
inline void expect_broken(const std::string &part, int line) {
    cudaDeviceSynchronize();
    expect_contains(gatun_standin_violations(), part, "gatun_standin_violations()", line);
    gatun_standin_reset();
}

#define EXPECT_BROKEN(part) test::expect_broken(part, __LINE__)

}  // namespace test
