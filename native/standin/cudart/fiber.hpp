// A stack of its own that runs until it hands over, and later goes on from there.
#pragma once

#include <cstddef>

namespace standin::cudart {

class Fiber {
public:
    Fiber();
    ~Fiber();
    Fiber(const Fiber &) = delete;
    Fiber &operator=(const Fiber &) = delete;

    /// Lets the next `resume` begin a function, which must never return; what the fiber ran before is forgotten.
    void begin(void (*function)());
    /// Runs the fiber until it yields.
    void resume();
    /// Returns to who resumed the fiber that is running.
    static void yield();

private:
    static void enter();

    char *memory_;
    void *own_ = nullptr;     // stack pointer while it waits
    void *caller_ = nullptr;  // that of who resumed it
    void (*function_)() = nullptr;
    const void *caller_stack_ = nullptr;  // these two are told to the address sanitizer
    size_t caller_bytes_ = 0;
};

}  // namespace standin::cudart
