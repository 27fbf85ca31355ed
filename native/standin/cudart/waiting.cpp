// Where threads of a block wait for each other.
#include "grid.hpp"

#include <algorithm>
#include <cstring>

namespace standin::cudart {
namespace {

constexpr unsigned warp_size = 32;

std::string place(const char *file, int line) {
    return std::string(file) + ":" + std::to_string(line);
}

}  // namespace

int Grid::barrier(const char *file, int line, int value) {
    Grid &grid = *current_;
    grid.threads_[grid.index_].value = value;
    grid.wait(file, line, State::at_barrier);
    return int(current_->threads_[current_->index_].value);
}

unsigned long long Grid::meet(int kind, unsigned mask, const char *file, int line, unsigned long long value, int lane) {
    Grid &grid = *current_;
    Thread &thread = grid.threads_[grid.index_];
    if ((mask >> grid.index_ % warp_size & 1) == 0) {
        fail(file, line, "the mask lacks the lane itself");
    }
    thread.kind = kind;
    thread.mask = mask;
    thread.value = value;
    thread.lane = lane;
    grid.wait(file, line, State::meeting);
    return current_->threads_[current_->index_].value;
}

bool Grid::release() {
    bool any = release_barrier();
    unsigned warps = (unsigned(threads_.size()) + warp_size - 1) / warp_size;
    for (unsigned warp = 0; warp < warps && !broken_; warp++) {
        any |= release_lanes(warp);
    }
    return any || broken_;
}

bool Grid::release_barrier() {
    unsigned long long sum = 0;
    const Thread *first = nullptr;
    for (const Thread &thread : threads_) {
        if (thread.state == State::done) {
            continue;
        }
        if (thread.state != State::at_barrier) {
            return false;
        }
        if (first != nullptr && (thread.line != first->line || std::strcmp(thread.file, first->file) != 0)) {
            breach("threads wait at different barriers, " + place(first->file, first->line) + " and " + place(thread.file, thread.line));
            return false;
        }
        first = first == nullptr ? &thread : first;
        sum += thread.value;
    }
    for (unsigned i = 0; i < threads_.size(); i++) {
        if (threads_[i].state == State::at_barrier) {
            threads_[i].value = sum;
            threads_[i].state = State::ready;
            ready_.push_back(i);
        }
    }
    if (!backwards_) {
        std::reverse(ready_.begin(), ready_.end());
    }
    return first != nullptr;
}

// Lanes meet once every lane of their mask that has not ended waits there.
bool Grid::release_lanes(unsigned warp) {
    unsigned first = warp * warp_size;
    unsigned lanes = std::min<unsigned>(warp_size, unsigned(threads_.size()) - first);
    bool any = false;
    for (unsigned lane = 0; lane < lanes && !broken_; lane++) {
        const Thread &thread = threads_[first + lane];
        if (thread.state != State::meeting) {
            continue;
        }
        bool complete = true;
        for (unsigned other = 0; other < lanes && complete; other++) {
            const Thread &peer = threads_[first + other];
            complete = (thread.mask >> other & 1) == 0 || peer.state == State::done
                || (peer.state == State::meeting && peer.kind == thread.kind && peer.mask == thread.mask && peer.line == thread.line);
        }
        if (complete) {
            release_alike(warp, thread.mask);
            any = true;
        }
    }
    return any;
}

void Grid::release_alike(unsigned warp, unsigned mask) {
    unsigned first = warp * warp_size;
    unsigned long long given[warp_size] = {};
    unsigned long long votes = 0;
    unsigned present = 0;
    for (unsigned lane = 0; lane < warp_size && first + lane < threads_.size(); lane++) {
        const Thread &thread = threads_[first + lane];
        if ((mask >> lane & 1) != 0 && thread.state == State::meeting) {
            given[lane] = thread.value;
            votes |= static_cast<unsigned long long>(thread.value != 0) << lane;
            present |= 1u << lane;
        }
    }
    for (unsigned lane = 0; lane < warp_size; lane++) {
        if ((present >> lane & 1) == 0) {
            continue;
        }
        Thread &thread = threads_[first + lane];
        if (thread.kind == kernel::shuffle && (thread.lane < 0 || thread.lane >= int(warp_size) || (present >> thread.lane & 1) == 0)) {
            breach("thread " + std::to_string(first + lane) + " reads lane " + std::to_string(thread.lane) + ", which takes no part in the shuffle at "
                + place(thread.file, thread.line));
            return;
        }
        thread.value = thread.kind == kernel::shuffle ? given[thread.lane] : votes;
        thread.state = State::ready;
        ready_.push_back(first + lane);
    }
}

void Grid::deadlock() {
    std::string text = "threads wait for each other forever:";
    std::string last;
    for (unsigned i = 0; i < threads_.size(); i++) {
        const Thread &thread = threads_[i];
        if (thread.state == State::done) {
            continue;
        }
        std::string here = std::string(thread.state == State::at_barrier ? " at the barrier " : " for lanes ") + place(thread.file, thread.line);
        if (here != last) {
            text += " thread " + std::to_string(i) + here + ";";
            last = here;
        }
    }
    breach(text);
}

}  // namespace standin::cudart
