#include "arena.hpp"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <sys/mman.h>

namespace standin::memory {
namespace {

constexpr size_t range = size_t(64) << 30;
constexpr size_t step = size_t(2) << 20;  // how the open part grows: huge pages are opened and closed much faster

}  // namespace

Arena::Arena() {
    void *address = mmap(nullptr, range + step, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (address == MAP_FAILED) {
        std::perror("host stand-in: cannot reserve addresses for device memory");
        std::abort();
    }
    base_ = high_ = static_cast<char *>(address) + (step - reinterpret_cast<uintptr_t>(address) % step) % step;
    madvise(base_, range, MADV_HUGEPAGE);
    free_[base_] = range;
}

char *Arena::take(size_t bytes) {
    for (auto hole = free_.begin(); hole != free_.end(); ++hole) {
        if (hole->second < bytes) {
            continue;
        }
        char *begin = hole->first;
        size_t rest = hole->second - bytes;
        free_.erase(hole);
        if (rest > 0) {
            free_[begin + bytes] = rest;
        }
        if (begin + bytes > high_) {
            high_ = base_ + (begin + bytes - base_ + step - 1) / step * step;
            if (opened_ > 0) {
                protect(PROT_READ | PROT_WRITE);
            }
        }
        return begin;
    }
    return nullptr;
}

void Arena::give(char *begin, size_t bytes) {
    auto hole = free_.emplace(begin, bytes).first;
    auto next = std::next(hole);
    if (next != free_.end() && begin + bytes == next->first) {
        hole->second += next->second;
        free_.erase(next);
    }
    if (hole != free_.begin()) {
        auto before = std::prev(hole);
        if (before->first + before->second == begin) {
            before->second += hole->second;
            free_.erase(hole);
        }
    }
}

void Arena::open() {
    if (opened_++ == 0) {
        protect(PROT_READ | PROT_WRITE);
    }
}

void Arena::close() {
    if (--opened_ == 0) {
        protect(PROT_NONE);
    }
}

void Arena::protect(int mode) {
    if (high_ > base_ && mprotect(base_, high_ - base_, mode) != 0) {
        std::perror("host stand-in: cannot open device memory");
        std::abort();
    }
}

}  // namespace standin::memory
