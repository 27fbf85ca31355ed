#include "core/work.hpp"

#include "api.hpp"

using namespace standin::cudart;
using standin::Event;
using standin::Work;
namespace work = standin::work;

namespace {

standin::Registry<Event> &events() {
    static auto &instance = *new standin::Registry<Event>("event");
    return instance;
}

cudaError_t create_event(cudaEvent_t *event, unsigned flags) {
    unsigned known = cudaEventBlockingSync | cudaEventDisableTiming;
    if (event == nullptr || (flags & ~known) != 0) {
        return report(cudaErrorInvalidValue);
    }
    Event *created = events().create();
    created->timed = (flags & cudaEventDisableTiming) == 0;
    *event = reinterpret_cast<cudaEvent_t>(created);
    return cudaSuccess;
}

}  // namespace

cudaError_t cudaStreamCreate(cudaStream_t *stream) {
    if (auto status = begin("cudaStreamCreate")) {
        return *status;
    }
    *stream = reinterpret_cast<cudaStream_t>(work::create_stream(true));
    return cudaSuccess;
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t *stream, unsigned flags) {
    if (auto status = begin("cudaStreamCreateWithFlags")) {
        return *status;
    }
    if (flags != cudaStreamDefault && flags != cudaStreamNonBlocking) {
        return report(cudaErrorInvalidValue);
    }
    *stream = reinterpret_cast<cudaStream_t>(work::create_stream(flags == cudaStreamDefault));
    return cudaSuccess;
}

cudaError_t cudaStreamDestroy(cudaStream_t stream) {
    auto status = begin("cudaStreamDestroy");
    work::destroy_stream("cudaStreamDestroy", stream);
    return status ? *status : report(cudaSuccess);
}

cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
    if (auto status = begin("cudaStreamSynchronize")) {
        return *status;
    }
    work::finish_stream("cudaStreamSynchronize", stream);
    return report(cudaSuccess);
}

cudaError_t cudaStreamQuery(cudaStream_t stream) {
    if (auto status = begin("cudaStreamQuery")) {
        return *status;
    }
    std::shared_ptr<Work> last;
    bool live = work::last_of("cudaStreamQuery", stream, last);
    return report(live && !work::poll(last) ? cudaErrorNotReady : cudaSuccess);
}

cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned flags) {
    if (auto status = begin("cudaStreamWaitEvent")) {
        return *status;
    }
    Event *found = events().find("cudaStreamWaitEvent", event);
    if (flags != cudaEventWaitDefault || found == nullptr) {
        return report(cudaErrorInvalidValue);
    }
    work::submit(stream, "cudaStreamWaitEvent", {}, [] {}, {found->recorded});
    return report(cudaSuccess);
}

cudaError_t cudaEventCreate(cudaEvent_t *event) {
    if (auto status = begin("cudaEventCreate")) {
        return *status;
    }
    return create_event(event, cudaEventDefault);
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t *event, unsigned flags) {
    if (auto status = begin("cudaEventCreateWithFlags")) {
        return *status;
    }
    return create_event(event, flags);
}

cudaError_t cudaEventDestroy(cudaEvent_t event) {
    auto status = begin("cudaEventDestroy");
    events().destroy("cudaEventDestroy", event);
    return status ? *status : report(cudaSuccess);
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
    if (auto status = begin("cudaEventRecord")) {
        return *status;
    }
    if (Event *found = events().find("cudaEventRecord", event)) {
        found->recorded = work::submit(stream, "cudaEventRecord", {}, [] {});
    }
    return report(cudaSuccess);
}

cudaError_t cudaEventSynchronize(cudaEvent_t event) {
    if (auto status = begin("cudaEventSynchronize")) {
        return *status;
    }
    if (Event *found = events().find("cudaEventSynchronize", event)) {
        work::finish(found->recorded);
    }
    return report(cudaSuccess);
}

cudaError_t cudaEventQuery(cudaEvent_t event) {
    if (auto status = begin("cudaEventQuery")) {
        return *status;
    }
    Event *found = events().find("cudaEventQuery", event);
    return report(found != nullptr && !work::poll(found->recorded) ? cudaErrorNotReady : cudaSuccess);
}

cudaError_t cudaEventElapsedTime(float *milliseconds, cudaEvent_t start, cudaEvent_t end) {
    if (auto status = begin("cudaEventElapsedTime")) {
        return *status;
    }
    Event *first = events().find("cudaEventElapsedTime", start);
    Event *second = events().find("cudaEventElapsedTime", end);
    if (first == nullptr || second == nullptr || !first->timed || !second->timed || !first->recorded || !second->recorded) {
        return report(cudaErrorInvalidResourceHandle);
    }
    if (!first->recorded->done || !second->recorded->done) {
        return report(cudaErrorNotReady);
    }
    *milliseconds = std::chrono::duration<float, std::milli>(second->recorded->finished - first->recorded->finished).count();
    return cudaSuccess;
}
