// Descriptors of the graph API: bags of typed attributes that a kind's schema allows, read-only once finalized.
#pragma once

#include "../handle.hpp"

#include <cstring>
#include <map>
#include <memory>

namespace standin::dnn::graph {

struct Descriptor;

/// The elements of one attribute; descriptors are held, so that what contains them outlives their destruction.
struct Value {
    int64_t count = 0;
    std::vector<char> bytes;
    std::vector<std::shared_ptr<Descriptor>> descriptors;
};

struct Descriptor {
    cudnnBackendDescriptorType_t kind;
    bool finalized = false;
    std::map<int, Value> values;

    bool has(int name) const { return values.count(name) > 0; }

    template <class T>
    std::vector<T> all(int name) const {
        std::vector<T> result;
        if (auto found = values.find(name); found != values.end()) {
            result.resize(static_cast<size_t>(found->second.count));
            std::memcpy(result.data(), found->second.bytes.data(), found->second.bytes.size());
        }
        return result;
    }

    template <class T>
    T one(int name, T otherwise) const {
        auto result = all<T>(name);
        return result.empty() ? otherwise : result[0];
    }

    /// The descriptor that an attribute holds, or null.
    const Descriptor *link(int name) const {
        auto found = values.find(name);
        return found == values.end() ? nullptr : found->second.descriptors[0].get();
    }

    template <class T>
    void put(int name, const std::vector<T> &elements) {
        auto begin = reinterpret_cast<const char *>(elements.data());
        values[name] = {static_cast<int64_t>(elements.size()), {begin, begin + elements.size() * sizeof(T)}, {}};
    }

    void hold(int name, std::shared_ptr<Descriptor> descriptor) { values[name] = {1, {}, {std::move(descriptor)}}; }
};

/// What a cudnnBackendDescriptor_t points to.
struct Owner {
    std::shared_ptr<Descriptor> descriptor;
};

/// The descriptor behind a handle; null, with a breach recorded, where it is not a live one.
std::shared_ptr<Descriptor> live(const char *function, cudnnBackendDescriptor_t descriptor);

/// How a descriptor is refused; success where it is not.
struct Refusal {
    cudnnStatus_t status = CUDNN_STATUS_SUCCESS;
    std::string why;

    explicit operator bool() const { return status != CUDNN_STATUS_SUCCESS; }
};

/// Checks a descriptor whose required attributes are all set, and adds the attributes that it then has.
Refusal finalize(Descriptor &descriptor);

}  // namespace standin::dnn::graph
