// Counts of calls and the failures that tests plan.
#include "breaches.hpp"
#include "standin.hpp"

#include <algorithm>
#include <cstring>

namespace standin {
namespace {

struct Plan {
    std::string function;  // empty: any
    long remaining;
    int status;
};

struct Calls {
    std::mutex mutex;
    std::map<std::string, long, std::less<>> counts;
    std::vector<Plan> plans;
};

// Never destroyed: threads may still call while the process ends.
Calls &calls() {
    static Calls &instance = *new Calls;
    return instance;
}

// The code of a function's library for an internal error: cudaErrorUnknown, CUBLAS_STATUS_INTERNAL_ERROR,
// CUDNN_STATUS_INTERNAL_ERROR, NVRTC_ERROR_INTERNAL_ERROR.
int internal_error(const char *function) {
    auto starts = [&](const char *prefix) { return std::strncmp(function, prefix, std::strlen(prefix)) == 0; };
    return starts("cublas") ? 14 : starts("cudnn") ? 4000 : starts("nvrtc") ? 11 : 999;
}

}  // namespace

std::optional<int> enter(const char *function) {
    Calls &all = calls();
    std::lock_guard<std::mutex> guard(all.mutex);
    auto found = all.counts.find(function);
    if (found == all.counts.end()) {
        found = all.counts.emplace(function, 0).first;
    }
    found->second++;
    std::optional<int> failure;
    for (Plan &plan : all.plans) {
        if ((plan.function.empty() || plan.function == function) && --plan.remaining == 0) {
            failure = plan.status == 0 ? internal_error(function) : plan.status;
        }
    }
    std::erase_if(all.plans, [](const Plan &plan) { return plan.remaining <= 0; });
    return failure;
}

}  // namespace standin

using standin::calls;

void gatun_standin_reset() {
    {
        std::lock_guard<std::mutex> guard(calls().mutex);
        calls().counts.clear();
        calls().plans.clear();
    }
    standin::forget_breaches();
}

void gatun_standin_fail(const char *function, long nth, int status) {
    std::lock_guard<std::mutex> guard(calls().mutex);
    calls().plans.push_back({function == nullptr ? "" : function, nth, status});
}

long gatun_standin_calls(const char *function) {
    std::lock_guard<std::mutex> guard(calls().mutex);
    if (function != nullptr) {
        auto found = calls().counts.find(function);
        return found == calls().counts.end() ? 0 : found->second;
    }
    long sum = 0;
    for (const auto &[name, count] : calls().counts) {
        sum += count;
    }
    return sum;
}

const char *gatun_standin_call_list() {
    thread_local std::string text;
    std::lock_guard<std::mutex> guard(calls().mutex);
    text.clear();
    for (const auto &[name, count] : calls().counts) {
        text += name + " " + std::to_string(count) + "\n";
    }
    return text.c_str();
}
