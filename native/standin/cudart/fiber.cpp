#include "fiber.hpp"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <sys/mman.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

#if !defined(__x86_64__) && !defined(__aarch64__)
#include <ucontext.h>
#endif

namespace standin::cudart {
namespace {

constexpr size_t page = 4096;
#if defined(__SANITIZE_ADDRESS__)
constexpr size_t stack_bytes = 256 << 10;
#else
constexpr size_t stack_bytes = 64 << 10;
#endif

thread_local Fiber *running = nullptr;

}  // namespace

// Saves what a function must preserve on the stack, stores the stack pointer, takes another and restores from it.
#if defined(__x86_64__)
extern "C" __attribute__((visibility("hidden"))) void standin_switch(void **save, void *load);
asm(R"(
    .text
    .globl standin_switch
    .hidden standin_switch
    .type standin_switch, @function
standin_switch:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
    .size standin_switch, .-standin_switch
)");

static void *fresh_stack(char *top, void (*entry)()) {
    auto stack = reinterpret_cast<void **>(top);
    *--stack = nullptr;  // as if entry had been called: its return address, on a border of 16 bytes
    *--stack = reinterpret_cast<void *>(entry);
    for (int i = 0; i < 6; i++) {
        *--stack = nullptr;
    }
    return stack;
}
#elif defined(__aarch64__)
extern "C" __attribute__((visibility("hidden"))) void standin_switch(void **save, void *load);
asm(R"(
    .text
    .globl standin_switch
    .hidden standin_switch
    .type standin_switch, %function
standin_switch:
    sub sp, sp, #160
    stp x19, x20, [sp, #0]
    stp x21, x22, [sp, #16]
    stp x23, x24, [sp, #32]
    stp x25, x26, [sp, #48]
    stp x27, x28, [sp, #64]
    stp x29, x30, [sp, #80]
    stp d8, d9, [sp, #96]
    stp d10, d11, [sp, #112]
    stp d12, d13, [sp, #128]
    stp d14, d15, [sp, #144]
    mov x9, sp
    str x9, [x0]
    mov sp, x1
    ldp x19, x20, [sp, #0]
    ldp x21, x22, [sp, #16]
    ldp x23, x24, [sp, #32]
    ldp x25, x26, [sp, #48]
    ldp x27, x28, [sp, #64]
    ldp x29, x30, [sp, #80]
    ldp d8, d9, [sp, #96]
    ldp d10, d11, [sp, #112]
    ldp d12, d13, [sp, #128]
    ldp d14, d15, [sp, #144]
    add sp, sp, #160
    ret
    .size standin_switch, .-standin_switch
)");

static void *fresh_stack(char *top, void (*entry)()) {
    auto stack = reinterpret_cast<void **>(top) - 20;
    for (int i = 0; i < 20; i++) {
        stack[i] = nullptr;
    }
    stack[11] = reinterpret_cast<void *>(entry);
    return stack;
}
#else
static void standin_switch(void **save, void *load) {
    ucontext_t own;
    *save = &own;
    swapcontext(&own, static_cast<ucontext_t *>(load));
}

// The context lies at the top of its stack.
static void *fresh_stack(char *top, void (*entry)()) {
    auto context = reinterpret_cast<ucontext_t *>(top - (sizeof(ucontext_t) + 63) / 64 * 64);
    getcontext(context);
    context->uc_stack.ss_sp = top - stack_bytes;
    context->uc_stack.ss_size = stack_bytes - (top - reinterpret_cast<char *>(context));
    context->uc_link = nullptr;
    makecontext(context, entry, 0);
    return context;
}
#endif

Fiber::Fiber() {
    void *address = mmap(nullptr, page + stack_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (address == MAP_FAILED || mprotect(address, page, PROT_NONE) != 0) {
        std::perror("host stand-in: no stack for a thread of a kernel");
        std::abort();
    }
    memory_ = static_cast<char *>(address);
}

Fiber::~Fiber() {
    munmap(memory_, page + stack_bytes);
}

void Fiber::begin(void (*function)()) {
    function_ = function;
#if defined(__SANITIZE_ADDRESS__)
    ASAN_UNPOISON_MEMORY_REGION(memory_ + page, stack_bytes);
#endif
    own_ = fresh_stack(memory_ + page + stack_bytes, enter);
}

void Fiber::resume() {
    Fiber *outer = running;
    running = this;
#if defined(__SANITIZE_ADDRESS__)
    void *fake = nullptr;
    __sanitizer_start_switch_fiber(&fake, memory_ + page, stack_bytes);
#endif
    standin_switch(&caller_, own_);
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_finish_switch_fiber(fake, nullptr, nullptr);
#endif
    running = outer;
}

void Fiber::enter() {
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_finish_switch_fiber(nullptr, &running->caller_stack_, &running->caller_bytes_);
#endif
    running->function_();
    std::abort();
}

void Fiber::yield() {
    Fiber *self = running;
#if defined(__SANITIZE_ADDRESS__)
    void *fake = nullptr;
    __sanitizer_start_switch_fiber(&fake, self->caller_stack_, self->caller_bytes_);
#endif
    standin_switch(&self->own_, self->caller_);
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_finish_switch_fiber(fake, &self->caller_stack_, &self->caller_bytes_);
#endif
}

}  // namespace standin::cudart
