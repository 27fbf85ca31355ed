// Everything alive, by kind, and its report at exit.
#include "memory.hpp"
#include "standin.hpp"

#include <cstdio>

namespace standin {
namespace {

struct Objects {
    std::mutex mutex;
    std::map<const void *, const char *> kinds;
};

Objects &objects() {
    static Objects &instance = *new Objects;
    return instance;
}

std::string alive() {
    struct Sum {
        long count = 0;
        size_t bytes = 0;
    };
    std::map<std::string, Sum> sums;
    for (const memory::Block &block : memory::blocks()) {
        Sum &sum = sums[block.place == memory::Place::device ? "device-memory" : "pinned-memory"];
        sum.count++;
        sum.bytes += block.bytes;
    }
    Objects &all = objects();
    std::lock_guard<std::mutex> guard(all.mutex);
    for (const auto &[object, kind] : all.kinds) {
        sums[kind].count++;
    }
    std::string text;
    for (const auto &[kind, sum] : sums) {
        text += kind + " " + std::to_string(sum.count) + " " + std::to_string(sum.bytes) + "\n";
    }
    return text;
}

__attribute__((destructor)) void report() {
    std::string text = alive();
    if (!text.empty()) {
        std::fprintf(stderr, "host stand-in: alive at exit (kind, count, bytes):\n%s", text.c_str());
    }
}

}  // namespace

void born(const void *object, const char *kind) {
    std::lock_guard<std::mutex> guard(objects().mutex);
    objects().kinds.emplace(object, kind);
}

void ended(const void *object) {
    std::lock_guard<std::mutex> guard(objects().mutex);
    objects().kinds.erase(object);
}

}  // namespace standin

const char *gatun_standin_live() {
    thread_local std::string text;
    text = standin::alive();
    return text.c_str();
}
