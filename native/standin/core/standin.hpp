// What the stand-in's libraries share: one device, in one shared object (libgatun_standin.so) that libcudart, libcublas,
// libcublasLt, libcudnn and libnvrtc of this folder all link, so that they see the same memory, streams and objects.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#define STANDIN_SHARED __attribute__((visibility("default")))

namespace standin {

/// Counts a call. Every exported function that returns a status begins with it; a value is the status a test wants this call to
/// fail with. A call that destroys or frees does so all the same, as NVIDIA's do when they report an earlier failure.
STANDIN_SHARED std::optional<int> enter(const char *function);

/// Records a breach of the API's rules, prints it, and loses the device as an illegal access on a GPU does.
STANDIN_SHARED void violate(const std::string &what);

/// Whether the device is lost: every later call that touches it fails.
STANDIN_SHARED bool lost();

/// Bytes that a piece of work reads or writes.
struct Region {
    const void *pointer;
    size_t bytes;
    const char *name;
};

/// Whether a region lies within one live allocation for its whole extent, of the device or pinned; a breach is recorded where
/// not. Device memory can be read and written only while queued work runs: touch it nowhere else.
STANDIN_SHARED bool check(const char *function, const Region &region);

/// Queues work on a stream (nullptr: the default stream). Regions are checked now and again when the work runs, which is when
/// something waits for it, never before: a missing wait reads stale bytes, an operand freed too early is caught.
/// False when a region or the stream was not valid; the breach is then on record.
STANDIN_SHARED bool enqueue(void *stream, const char *function, std::vector<Region> regions, std::function<void()> work);

/// Makes a lasting copy of host values that an API call takes by pointer and may read only until it returns.
template <class T>
std::vector<T> copied(const T *values, size_t count) {
    return values == nullptr ? std::vector<T>() : std::vector<T>(values, values + count);
}

/// Tells the leak report about an object that came to life or ended.
STANDIN_SHARED void born(const void *object, const char *kind);
STANDIN_SHARED void ended(const void *object);

/// The live objects of one kind: handles and descriptors that callers hold as opaque pointers.
template <class T>
class Registry {
public:
    explicit Registry(const char *kind) : kind_(kind) {}

    T *create() {
        std::lock_guard<std::mutex> guard(mutex_);
        auto object = std::make_unique<T>();
        T *pointer = object.get();
        live_.emplace(pointer, std::move(object));
        born(pointer, kind_);
        return pointer;
    }

    /// The object behind a handle; null, with a breach recorded, where it is not a live one.
    T *find(const char *function, const void *handle) {
        std::lock_guard<std::mutex> guard(mutex_);
        auto found = live_.find(handle);
        if (found == live_.end()) {
            violate(std::string(function) + ": not a live " + kind_);
            return nullptr;
        }
        return found->second.get();
    }

    bool destroy(const char *function, const void *handle) {
        std::lock_guard<std::mutex> guard(mutex_);
        auto found = live_.find(handle);
        if (found == live_.end()) {
            violate(std::string(function) + ": not a live " + kind_);
            return false;
        }
        ended(handle);
        live_.erase(found);
        return true;
    }

private:
    const char *kind_;
    std::mutex mutex_;
    std::map<const void *, std::unique_ptr<T>> live_;
};

}  // namespace standin

/// What tests steer and read; found by name in libgatun_standin.so.
extern "C" {
/// Forgets counts, breaches and planned failures, and mends a lost device. Objects and memory stay.
STANDIN_SHARED void gatun_standin_reset(void);
/// Makes the nth call from now on (1: the next) of a function fail with a status; a null function means any counted call, which then
/// fails with its own library's code for an internal error where status is 0.
STANDIN_SHARED void gatun_standin_fail(const char *function, long nth, int status);
/// Calls of a function since the last reset; of all where it is null.
STANDIN_SHARED long gatun_standin_calls(const char *function);
/// "name count" lines of all functions called since the last reset, sorted by name. Valid until the next call.
STANDIN_SHARED const char *gatun_standin_call_list(void);
/// Breaches since the last reset, a line each; empty when there are none. Valid until the next call.
STANDIN_SHARED const char *gatun_standin_violations(void);
/// "kind count bytes" lines of objects and allocations alive; also printed at exit where any are. Valid until the next call.
STANDIN_SHARED const char *gatun_standin_live(void);
/// Sets how many bytes the device has, from now on; at the start they are what GATUN_STANDIN_MEMORY says, else 4 GiB.
STANDIN_SHARED void gatun_standin_memory(size_t bytes);
}
