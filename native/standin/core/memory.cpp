#include "memory.hpp"

#include "arena.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace standin::memory {
namespace {

constexpr int poison = 0xFF;       // NaN in every floating type
constexpr int guard_byte = 0xFB;   // NaN too; what lies behind a block
constexpr size_t guard_bytes = 64;

struct Memory {
    std::recursive_mutex mutex;
    Arena arena;
    std::map<const char *, Block> blocks;
    size_t total = size_t(4) << 30;
    size_t used = 0;

    Memory() {
        if (const char *text = std::getenv("GATUN_STANDIN_MEMORY")) {
            total = std::strtoull(text, nullptr, 10);
        }
    }
};

Memory &memory() {
    static Memory &instance = *new Memory;
    return instance;
}

size_t rounded(size_t bytes) {
    return (bytes + Arena::grain - 1) / Arena::grain * Arena::grain;
}

size_t footprint(size_t bytes) {
    return rounded(bytes + guard_bytes);
}

bool refuse(const char *function, const Region &region, const std::string &why) {
    char address[32];
    std::snprintf(address, sizeof address, "%p", region.pointer);
    violate(std::string(function) + ": " + region.name + ", " + std::to_string(region.bytes) + " bytes at " + address + ", " + why);
    return false;
}

bool covered(const char *function, const Region &region, bool running) {
    if (region.bytes == 0) {
        return true;
    }
    Block *block = find(region.pointer);
    if (block == nullptr) {
        return refuse(function, region, region.pointer == nullptr ? "is null" : "lies in no live allocation");
    }
    size_t offset = static_cast<const char *>(region.pointer) - block->begin;
    if (region.bytes > block->bytes - offset) {
        return refuse(function, region, "leaves its allocation of " + std::to_string(block->bytes) + " bytes, "
            + std::to_string(offset) + " of which lie before it");
    }
    if (running && !block->ready) {
        return refuse(function, region, "is not yet allocated: nothing makes this work wait for the stream that allocates it");
    }
    if (!running && block->released) {
        return refuse(function, region, "has been freed in stream order");
    }
    return true;
}

}  // namespace

std::recursive_mutex &mutex() {
    return memory().mutex;
}

void *allocate(Place place, size_t bytes) {
    Memory &all = memory();
    std::lock_guard<std::recursive_mutex> guard(all.mutex);
    char *begin;
    if (place == Place::device) {
        if (all.used > all.total || rounded(bytes) > all.total - all.used) {
            return nullptr;
        }
        begin = all.arena.take(footprint(bytes));
    } else {
        begin = static_cast<char *>(std::aligned_alloc(4096, (bytes + guard_bytes + 4095) / 4096 * 4096));
    }
    if (begin == nullptr) {
        return nullptr;
    }
    all.used += place == Place::device ? rounded(bytes) : 0;
    all.blocks[begin] = {begin, bytes, place};
    Open open;
    std::memset(begin, poison, bytes);
    std::memset(begin + bytes, guard_byte, guard_bytes);
    return begin;
}

bool release(const char *function, void *pointer, Place place) {
    Memory &all = memory();
    std::lock_guard<std::recursive_mutex> guard(all.mutex);
    auto found = all.blocks.find(static_cast<char *>(pointer));
    if (found == all.blocks.end() || found->second.place != place) {
        violate(std::string(function) + ": the pointer is not the begin of a live allocation "
            + (place == Place::device ? "of the device" : "of pinned memory"));
        return false;
    }
    bool whole = check_guard(function, {pointer, 1, "the freed block"});
    Block block = found->second;
    all.blocks.erase(found);
    if (place == Place::pinned) {
        std::free(block.begin);
        return whole;
    }
    Open open;
    std::memset(block.begin, poison, block.bytes);
    all.arena.give(block.begin, footprint(block.bytes));
    all.used -= rounded(block.bytes);
    return whole;
}

Block *find(const void *pointer) {
    Memory &all = memory();
    std::lock_guard<std::recursive_mutex> guard(all.mutex);
    auto address = static_cast<const char *>(pointer);
    auto above = all.blocks.upper_bound(address);
    if (above == all.blocks.begin()) {
        return nullptr;
    }
    Block &block = std::prev(above)->second;
    return address < block.begin + std::max<size_t>(block.bytes, 1) ? &block : nullptr;
}

std::vector<Block> blocks() {
    std::lock_guard<std::recursive_mutex> guard(mutex());
    std::vector<Block> list;
    for (const auto &[begin, block] : memory().blocks) {
        list.push_back(block);
    }
    return list;
}

size_t total() {
    std::lock_guard<std::recursive_mutex> guard(mutex());
    return memory().total;
}

size_t used() {
    std::lock_guard<std::recursive_mutex> guard(mutex());
    return memory().used;
}

bool check_running(const char *function, const Region &region) {
    std::lock_guard<std::recursive_mutex> guard(mutex());
    return covered(function, region, true);
}

bool check_guard(const char *function, const Region &region) {
    std::lock_guard<std::recursive_mutex> guard(mutex());
    Block *block = region.bytes == 0 ? nullptr : find(region.pointer);
    if (block == nullptr) {
        return true;
    }
    Open open;
    auto end = reinterpret_cast<const unsigned char *>(block->begin + block->bytes);
    if (std::all_of(end, end + guard_bytes, [](unsigned char byte) { return byte == guard_byte; })) {
        return true;
    }
    return refuse(function, region, "was written beyond the end of its allocation of " + std::to_string(block->bytes) + " bytes");
}

Open::Open() {
    mutex().lock();
    memory().arena.open();
}

Open::~Open() {
    memory().arena.close();
    mutex().unlock();
}

}  // namespace standin::memory

namespace standin {

bool check(const char *function, const Region &region) {
    std::lock_guard<std::recursive_mutex> guard(memory::mutex());
    return memory::covered(function, region, false);
}

}  // namespace standin

void gatun_standin_memory(size_t bytes) {
    std::lock_guard<std::recursive_mutex> guard(standin::memory::mutex());
    standin::memory::memory().total = bytes;
}
