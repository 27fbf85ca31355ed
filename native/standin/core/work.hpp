// Queued work: each piece runs after those it depends on, and only when something waits for it.
#pragma once

#include "standin.hpp"

#include <chrono>

namespace standin {

struct Work {
    unsigned long sequence = 0;  // greater than that of everything it runs after
    std::string function;
    std::vector<Region> regions;
    std::function<void()> run;
    std::vector<std::shared_ptr<Work>> after;
    bool done = false;
    std::chrono::steady_clock::time_point finished{};
};

struct Stream {
    bool blocking = true;  // waits for the default stream, and the default stream for it
    std::shared_ptr<Work> last;
};

struct Event {
    bool timed = true;
    std::shared_ptr<Work> recorded;
};

namespace work {

STANDIN_SHARED Stream *create_stream(bool blocking);
/// Ends a stream. Its work stays queued until something waits for the device, as the real API promises no more.
STANDIN_SHARED bool destroy_stream(const char *function, void *stream);

/// Queues work like `standin::enqueue`, after everything in its stream and some more; null where refused.
STANDIN_SHARED std::shared_ptr<Work> submit(void *stream, const char *function, std::vector<Region> regions,
    std::function<void()> run, std::vector<std::shared_ptr<Work>> after = {});

/// Runs a piece of work, and all it depends on.
STANDIN_SHARED void finish(const std::shared_ptr<Work> &work);
/// Runs all work of a stream; false, with a breach recorded, where it is not live.
STANDIN_SHARED bool finish_stream(const char *function, void *stream);
/// Runs all work of the device.
STANDIN_SHARED void finish_all();

/// The last work of a stream, null where it has none; false, with a breach recorded, where the stream is not live.
STANDIN_SHARED bool last_of(const char *function, void *stream, std::shared_ptr<Work> &last);
/// Whether work has finished. Where not, one piece that it waits for is run, so that one who asks often enough sees it finish.
STANDIN_SHARED bool poll(const std::shared_ptr<Work> &work);

}  // namespace work
}  // namespace standin
