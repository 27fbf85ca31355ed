// Breaches of the API's rules, and whether the device is lost to one.
#include "breaches.hpp"

#include "standin.hpp"

#include <atomic>
#include <cstdio>

namespace standin {
namespace {

struct Breaches {
    std::mutex mutex;
    std::string text;
    std::atomic<bool> lost = false;
};

Breaches &breaches() {
    static Breaches &instance = *new Breaches;
    return instance;
}

}  // namespace

void violate(const std::string &what) {
    Breaches &all = breaches();
    std::lock_guard<std::mutex> guard(all.mutex);
    all.text += what + "\n";
    all.lost = true;
    std::fprintf(stderr, "host stand-in: %s\n", what.c_str());
}

bool lost() {
    return breaches().lost;
}

void forget_breaches() {
    Breaches &all = breaches();
    std::lock_guard<std::mutex> guard(all.mutex);
    all.text.clear();
    all.lost = false;
}

}  // namespace standin

const char *gatun_standin_violations() {
    thread_local std::string text;
    std::lock_guard<std::mutex> guard(standin::breaches().mutex);
    text = standin::breaches().text;
    return text.c_str();
}
