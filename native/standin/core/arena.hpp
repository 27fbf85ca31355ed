// The address range of the device: blocks are carved from it first-fit, and the CPU may touch it only while it is open.
#pragma once

#include <cstddef>
#include <map>

namespace standin::memory {

class Arena {
public:
    Arena();

    /// Addresses for so many bytes, a multiple of `grain`; null where the range is exhausted.
    char *take(size_t bytes);
    void give(char *begin, size_t bytes);

    void open();
    void close();

    static constexpr size_t grain = 512;

private:
    void protect(int mode);

    char *base_;
    char *high_;  // everything ever taken lies below, at a page's border
    int opened_ = 0;
    std::map<char *, size_t> free_;
};

}  // namespace standin::memory
