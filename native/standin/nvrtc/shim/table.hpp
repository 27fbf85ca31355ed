// The table of a module's kernels; stands behind their text, before its entries.
#pragma once

namespace standin::kernel {

template <class T>
struct Plain {
    using Type = T;
    static constexpr bool pointer = false;
};
template <class T>
struct Plain<const T> : Plain<T> {};
template <class T>
struct Plain<T &> : Plain<T> {};
template <class T>
struct Plain<T *> {
    using Type = T *;
    static constexpr bool pointer = true;
};

template <int...>
struct Places {};

template <auto function>
struct Entry;

template <class... A, void (*function)(A...)>
struct Entry<function> {
    static constexpr Argument arguments[] = {{sizeof(typename Plain<A>::Type), Plain<A>::pointer}..., {0, false}};

    template <int... place>
    static void call(void **values, Places<place...>) {
        function(*static_cast<typename Plain<A>::Type *>(values[place])...);
    }

    static void run(void **values) {
        call(values, Places<__integer_pack(int(sizeof...(A)))...>());
    }

    static constexpr Kernel kernel(const char *name) {
        return {name, run, int(sizeof...(A)), arguments};
    }
};

}  // namespace standin::kernel

extern "C" {
extern char __start_kernel_memory[] __attribute__((weak, visibility("hidden")));
extern char __stop_kernel_memory[] __attribute__((weak, visibility("hidden")));
char standin_dynamic[standin::kernel::dynamic_bytes + standin::kernel::dynamic_guard] __attribute__((aligned(1024)));
}
