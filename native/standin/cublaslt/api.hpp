// The real header, its functions exported, and what handles and descriptors hold.
#pragma once

#pragma GCC visibility push(default)
#include <cublasLt.h>
#pragma GCC visibility pop

#include "core/standin.hpp"

#include <cstring>

namespace standin::cublaslt {

/// Values by attribute, each of a fixed size, as the API sets and gets them.
class Attributes {
public:
    template <class T>
    void define(int attribute, T value) {
        std::vector<char> bytes(sizeof value);
        std::memcpy(bytes.data(), &value, sizeof value);
        values_[attribute] = std::move(bytes);
    }

    template <class T>
    T value(int attribute) const {
        T result;
        std::memcpy(&result, values_.at(attribute).data(), sizeof result);
        return result;
    }

    cublasStatus_t set(int attribute, const void *buffer, size_t bytes);
    cublasStatus_t get(int attribute, void *buffer, size_t bytes, size_t *written) const;

private:
    std::map<int, std::vector<char>> values_;
};

struct Handle {};

struct Layout : Attributes {};

struct Description : Attributes {};

struct Preference : Attributes {};

Registry<Handle> &handles();
Registry<Layout> &layouts();
Registry<Description> &descriptions();
Registry<Preference> &preferences();

/// Counts a call; a value is the status to return at once: one that a test planned, or that of a lost device.
std::optional<cublasStatus_t> begin(const char *function);

}  // namespace standin::cublaslt
