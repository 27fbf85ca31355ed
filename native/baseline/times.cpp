#include "times.hpp"

#include <algorithm>
#include <chrono>

namespace baseline {

static Spread spread(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    size_t count = values.size();
    return {(values[(count - 1) / 2] + values[count / 2]) / 2, values.front(), values.back()};
}

Times measure(const Device &device, int runs, int steps, const std::function<void()> &step) {
    cudaEvent_t begin, end;
    CALL(cudaEventCreateWithFlags(&begin, cudaEventDefault));
    CALL(cudaEventCreateWithFlags(&end, cudaEventDefault));
    for (int i = 0; i < std::min(30, 3 * steps); i++) {
        step();
    }
    device.wait();
    std::vector<double> events, wall;
    for (int run = 0; run < runs; run++) {
        auto start = std::chrono::steady_clock::now();
        CALL(cudaEventRecord(begin, device.stream));
        for (int i = 0; i < steps; i++) {
            step();
        }
        CALL(cudaEventRecord(end, device.stream));
        device.wait();
        std::chrono::duration<double, std::micro> passed = std::chrono::steady_clock::now() - start;
        float milliseconds;
        CALL(cudaEventElapsedTime(&milliseconds, begin, end));
        events.push_back(1e3 * static_cast<double>(milliseconds) / steps);
        wall.push_back(passed.count() / steps);
    }
    CALL(cudaEventDestroy(end));
    CALL(cudaEventDestroy(begin));
    return {spread(events), spread(wall)};
}

}  // namespace baseline
