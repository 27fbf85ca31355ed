// The device's memory, and pinned memory of the host.
#pragma once

#include "standin.hpp"

namespace standin::memory {

enum class Place { device, pinned };

struct Block {
    char *begin;
    size_t bytes;
    Place place;
    bool ready = true;      // false until the queued work that allocates it has run
    bool released = false;  // true once queued work will free it: later calls may no longer name it
};

/// Guards memory and queues, and is held while queued work runs.
STANDIN_SHARED std::recursive_mutex &mutex();

/// New poisoned memory, with a guard zone behind it; null where the device has not that much left.
STANDIN_SHARED void *allocate(Place place, size_t bytes);

/// Ends a block that begins at a pointer; false, with a breach recorded, where there is none.
STANDIN_SHARED bool release(const char *function, void *pointer, Place place);

/// The live block that a pointer lies in, also one past its end where it has no bytes.
STANDIN_SHARED Block *find(const void *pointer);

STANDIN_SHARED std::vector<Block> blocks();
STANDIN_SHARED size_t total();
STANDIN_SHARED size_t used();

/// Whether a region lies within a live block for its whole extent, now that work on it runs; a breach is recorded where not.
STANDIN_SHARED bool check_running(const char *function, const Region &region);

/// Whether the guard zone behind the block of a region is whole; a breach is recorded where work wrote over it.
bool check_guard(const char *function, const Region &region);

/// While one lives, device memory can be read and written.
class STANDIN_SHARED Open {
public:
    Open();
    ~Open();
    Open(const Open &) = delete;
    Open &operator=(const Open &) = delete;
};

}  // namespace standin::memory
