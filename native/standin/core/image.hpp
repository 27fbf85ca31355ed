// What the stand-in's compiler gives for a cubin: a shared object behind a header.
#pragma once

#include <cstddef>
#include <cstdint>

namespace standin {

struct Image {
    static constexpr char kind[16] = "host stand-in 1";
    char magic[16];
    uint64_t bytes;         // of the shared object that follows
    uint64_t sum;           // of those bytes
    uint64_t architecture;  // as in sm_90; 0 where any will do

    const char *content() const {
        return reinterpret_cast<const char *>(this + 1);
    }
};

// FNV-1a over words of 8 bytes, then over the rest.
inline uint64_t checksum(const char *bytes, size_t count) {
    uint64_t sum = 0xcbf29ce484222325;
    size_t i = 0;
    for (; i + 8 <= count; i += 8) {
        uint64_t word;
        __builtin_memcpy(&word, bytes + i, 8);
        sum = (sum ^ word) * 0x100000001b3;
    }
    for (; i < count; i++) {
        sum = (sum ^ static_cast<unsigned char>(bytes[i])) * 0x100000001b3;
    }
    return sum;
}

}  // namespace standin
