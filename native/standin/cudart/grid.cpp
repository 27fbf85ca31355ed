#include "grid.hpp"

#include "core/standin.hpp"

#include <algorithm>
#include <cstring>

namespace standin::cudart {
namespace {

constexpr int poison = 0xFF;
constexpr int guard_byte = 0xFB;

// Stacks are kept from grid to grid; one grid runs at a time.
std::vector<std::unique_ptr<Fiber>> &fibers() {
    static auto &all = *new std::vector<std::unique_ptr<Fiber>>;
    return all;
}

}  // namespace

Grid *Grid::current_ = nullptr;

Grid::Grid(const kernel::Module &module, const kernel::Kernel &kernel, Size grid, Size block, size_t dynamic)
    : module_(module), kernel_(kernel), grid_(grid), size_(block), dynamic_(dynamic) {
    for (unsigned z = 0; z < block.z; z++) {
        for (unsigned y = 0; y < block.y; y++) {
            for (unsigned x = 0; x < block.x; x++) {
                places_.push_back({x, y, z});
            }
        }
    }
}

void Grid::run(void **arguments) {
    static const kernel::Services services{barrier, meet, fail};
    current_ = this;
    arguments_ = arguments;
    *module_.services = &services;
    *module_.grid_size = {grid_.x, grid_.y, grid_.z};
    *module_.block_size = {size_.x, size_.y, size_.z};
    for (const auto &fiber : fibers()) {
        idle_.push_back(fiber.get());
    }
    for (place_.z = 0; place_.z < grid_.z; place_.z++) {
        for (place_.y = 0; place_.y < grid_.y; place_.y++) {
            for (place_.x = 0; place_.x < grid_.x && !broken_; place_.x++) {
                *module_.block = {place_.x, place_.y, place_.z};
                run_block();
            }
        }
    }
    current_ = nullptr;
}

// Every second block starts its threads from the last, so that no kernel can rely on an order.
void Grid::run_block() {
    start_shared();
    threads_.assign(size_.count(), {});
    next_ = done_ = 0;
    ready_.clear();
    while (!broken_ && done_ < threads_.size()) {
        if (next_ < threads_.size()) {
            resume(idle_fiber());
        } else if (!ready_.empty()) {
            index_ = ready_.back();
            ready_.pop_back();
            *module_.thread = places_[index_];
            threads_[index_].state = State::running;
            resume(threads_[index_].fiber);
        } else if (!release()) {
            deadlock();
        }
    }
    check_shared();
    backwards_ = !backwards_;
}

void Grid::start_shared() {
    std::fill(module_.shared_begin, module_.shared_end, char(poison));
    std::memset(module_.dynamic, poison, dynamic_);
    std::memset(module_.dynamic + dynamic_, guard_byte, kernel::dynamic_guard);
}

void Grid::check_shared() {
    for (size_t i = 0; i < kernel::dynamic_guard && !broken_; i++) {
        if (static_cast<unsigned char>(module_.dynamic[dynamic_ + i]) != guard_byte) {
            breach("wrote beyond its " + std::to_string(dynamic_) + " bytes of dynamic shared memory");
        }
    }
}

// One fiber runs threads one after another; when one waits, another fiber goes on with those not yet started.
void Grid::work() {
    while (true) {
        Grid *grid = current_;
        while (grid->next_ < grid->threads_.size() && !grid->broken_) {
            unsigned index = grid->started(grid->next_++);
            grid->index_ = index;
            *grid->module_.thread = grid->places_[index];
            grid->kernel_.run(grid->arguments_);
            grid = current_;
            grid->threads_[grid->index_].state = State::done;
            grid->done_++;
        }
        grid->idles_ = true;
        Fiber::yield();
    }
}

unsigned Grid::started(unsigned order) const {
    return backwards_ ? unsigned(threads_.size()) - 1 - order : order;
}

Fiber *Grid::idle_fiber() {
    if (idle_.empty()) {
        fibers().push_back(std::make_unique<Fiber>());
        idle_.push_back(fibers().back().get());
    }
    Fiber *fiber = idle_.back();
    idle_.pop_back();
    fiber->begin(work);
    return fiber;
}

void Grid::resume(Fiber *fiber) {
    fiber_ = fiber;
    idles_ = false;
    fiber->resume();
    if (idles_) {
        idle_.push_back(fiber);
    }
}

void Grid::wait(const char *file, int line, State state) {
    Thread &thread = threads_[index_];
    thread.file = file;
    thread.line = line;
    thread.state = state;
    thread.fiber = fiber_;
    Fiber::yield();
}

void Grid::breach(const std::string &what) {
    broken_ = true;
    violate(std::string("kernel ") + kernel_.name + ", block (" + std::to_string(place_.x) + ", " + std::to_string(place_.y) + ", "
        + std::to_string(place_.z) + "): " + what);
}

// Leaves the fiber of a thread that broke a rule for good.
void Grid::stop() {
    while (true) {
        Fiber::yield();
    }
}

void Grid::fail(const char *file, int line, const char *what) {
    current_->breach("thread " + std::to_string(current_->index_) + ": " + what + " at " + file + ":" + std::to_string(line));
    current_->stop();
}

}  // namespace standin::cudart
