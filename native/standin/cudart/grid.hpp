// Runs a kernel's grid on the host: blocks in turn, and the threads of a block in turn as far as they come without waiting.
#pragma once

#include "fiber.hpp"
#include "nvrtc/shim/module.hpp"

#include <memory>
#include <string>
#include <vector>

namespace standin::cudart {

struct Size {
    unsigned x, y, z;

    unsigned long count() const {
        return static_cast<unsigned long>(x) * y * z;
    }
};

class Grid {
public:
    Grid(const kernel::Module &module, const kernel::Kernel &kernel, Size grid, Size block, size_t dynamic);

    /// Runs all blocks; a breach of a kernel is recorded and ends the grid.
    void run(void **arguments);

private:
    enum class State { running, ready, at_barrier, meeting, done };

    struct Thread {
        State state = State::running;
        Fiber *fiber = nullptr;
        const char *file = "";
        int line = 0;
        int kind = 0;
        unsigned mask = 0;
        unsigned long long value = 0;  // given; then what the wait gives back
        int lane = 0;
    };

    static int barrier(const char *file, int line, int value);
    static unsigned long long meet(int kind, unsigned mask, const char *file, int line, unsigned long long value, int lane);
    static void fail(const char *file, int line, const char *what);
    static void work();

    void run_block();
    void start_shared();
    void check_shared();
    void wait(const char *file, int line, State state);
    void resume(Fiber *fiber);
    Fiber *idle_fiber();
    bool release();
    bool release_barrier();
    bool release_lanes(unsigned warp);
    void release_alike(unsigned warp, unsigned mask);
    void deadlock();
    void breach(const std::string &what);
    [[noreturn]] void stop();
    unsigned started(unsigned order) const;

    static Grid *current_;
    const kernel::Module &module_;
    const kernel::Kernel &kernel_;
    Size grid_, size_, place_{};
    size_t dynamic_;
    void **arguments_ = nullptr;
    std::vector<kernel::Three> places_;  // threadIdx of each thread
    std::vector<Thread> threads_;
    std::vector<unsigned> ready_;
    std::vector<Fiber *> idle_;
    Fiber *fiber_ = nullptr;  // that runs
    bool idles_ = false;      // it has no thread left to run
    unsigned next_ = 0;   // how many threads have started
    unsigned done_ = 0;
    unsigned index_ = 0;  // the thread that runs
    bool broken_ = false;
    bool backwards_ = false;
};

}  // namespace standin::cudart
