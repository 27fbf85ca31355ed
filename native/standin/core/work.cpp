#include "work.hpp"

#include "memory.hpp"

#include <set>

namespace standin {
namespace {

using Pending = std::map<unsigned long, std::shared_ptr<Work>>;

struct Queues {
    Registry<Stream> streams{"stream"};
    std::set<Stream *> blocking;
    std::shared_ptr<Work> default_last;
    std::vector<std::shared_ptr<Work>> orphans;  // last work of destroyed blocking streams
    Pending pending;
    unsigned long sequence = 0;
};

Queues &queues() {
    static Queues &instance = *new Queues;
    return instance;
}

bool is_default(const void *stream) {
    return stream == nullptr || stream == reinterpret_cast<void *>(1);
}

void settle(Work &work) {
    work.done = true;
    work.finished = std::chrono::steady_clock::now();
    work.run = nullptr;
    work.after.clear();
    work.regions.clear();
}

bool all_valid(const Work &work, bool (*valid)(const char *, const Region &)) {
    for (const Region &region : work.regions) {
        if (!valid(work.function.c_str(), region)) {
            return false;
        }
    }
    return true;
}

// Work of a lost device never runs.
void execute(const std::shared_ptr<Work> &work) {
    if (!lost() && all_valid(*work, memory::check_running)) {
        work->run();
        all_valid(*work, memory::check_guard);
    }
    queues().pending.erase(work->sequence);
    settle(*work);
}

// Everything unfinished that a piece of work runs after, and itself, in the order of its queuing.
Pending closure(const std::shared_ptr<Work> &last) {
    Pending all;
    std::vector<std::shared_ptr<Work>> open{last};
    while (!open.empty()) {
        auto work = open.back();
        open.pop_back();
        if (work != nullptr && !work->done && all.emplace(work->sequence, work).second) {
            open.insert(open.end(), work->after.begin(), work->after.end());
        }
    }
    return all;
}

void execute_in_order(const Pending &all) {
    if (all.empty()) {
        return;
    }
    memory::Open open;
    for (const auto &[sequence, work] : all) {
        execute(work);
    }
}

}  // namespace

namespace work {

Stream *create_stream(bool blocking) {
    std::lock_guard<std::recursive_mutex> guard(memory::mutex());
    Stream *stream = queues().streams.create();
    stream->blocking = blocking;
    if (blocking) {
        queues().blocking.insert(stream);
    }
    return stream;
}

bool destroy_stream(const char *function, void *stream) {
    std::lock_guard<std::recursive_mutex> guard(memory::mutex());
    Stream *found = queues().streams.find(function, stream);
    if (found == nullptr) {
        return false;
    }
    if (found->blocking) {
        queues().blocking.erase(found);
        queues().orphans.push_back(found->last);
    }
    return queues().streams.destroy(function, stream);
}

std::shared_ptr<Work> submit(void *stream, const char *function, std::vector<Region> regions, std::function<void()> run,
    std::vector<std::shared_ptr<Work>> after) {
    std::lock_guard<std::recursive_mutex> guard(memory::mutex());
    Queues &all = queues();
    Stream *own = is_default(stream) ? nullptr : all.streams.find(function, stream);
    if (lost() || (own == nullptr && !is_default(stream))) {
        return nullptr;
    }
    auto work = std::make_shared<Work>(Work{++all.sequence, function, std::move(regions), std::move(run), std::move(after)});
    if (!all_valid(*work, check)) {
        return nullptr;
    }
    if (own == nullptr) {
        work->after.push_back(all.default_last);
        for (Stream *other : all.blocking) {
            work->after.push_back(other->last);
        }
        work->after.insert(work->after.end(), all.orphans.begin(), all.orphans.end());
        all.orphans.clear();
    } else {
        work->after.push_back(own->last);
        if (own->blocking) {
            work->after.push_back(all.default_last);
        }
    }
    std::erase_if(work->after, [](const auto &before) { return before == nullptr || before->done; });
    (own == nullptr ? all.default_last : own->last) = work;
    all.pending.emplace(work->sequence, work);
    return work;
}

void finish(const std::shared_ptr<Work> &work) {
    std::lock_guard<std::recursive_mutex> guard(memory::mutex());
    execute_in_order(closure(work));
}

bool last_of(const char *function, void *stream, std::shared_ptr<Work> &last) {
    std::lock_guard<std::recursive_mutex> guard(memory::mutex());
    if (is_default(stream)) {
        last = queues().default_last;
        return true;
    }
    Stream *found = queues().streams.find(function, stream);
    last = found == nullptr ? nullptr : found->last;
    return found != nullptr;
}

bool finish_stream(const char *function, void *stream) {
    std::lock_guard<std::recursive_mutex> guard(memory::mutex());
    std::shared_ptr<Work> last;
    bool live = last_of(function, stream, last);
    finish(last);
    return live;
}

void finish_all() {
    std::lock_guard<std::recursive_mutex> guard(memory::mutex());
    execute_in_order(Pending(queues().pending));
}

bool poll(const std::shared_ptr<Work> &work) {
    std::lock_guard<std::recursive_mutex> guard(memory::mutex());
    Pending waiting = closure(work);
    if (waiting.empty()) {
        return true;
    }
    execute_in_order({*waiting.begin()});
    return false;
}

}  // namespace work

bool enqueue(void *stream, const char *function, std::vector<Region> regions, std::function<void()> work) {
    return work::submit(stream, function, std::move(regions), std::move(work)) != nullptr;
}

}  // namespace standin
