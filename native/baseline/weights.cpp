#include "weights.hpp"

#include <random>

namespace baseline {

static size_t elements(cudnnTensorDescriptor_t descriptor) {
    cudnnDataType_t type;
    int axes, sizes[8], strides[8];
    CALL(cudnnGetTensorNdDescriptor(descriptor, 8, &type, &axes, sizes, strides));
    size_t count = 1;
    for (int axis = 0; axis < axes; axis++) {
        count *= static_cast<size_t>(sizes[axis]);
    }
    return count;
}

std::vector<Part> parts(
    const Device &device, cudnnRNNDescriptor_t rnn, size_t bytes, size_t element, int layers, int products) {
    Block space(bytes);
    auto *begin = static_cast<char *>(space.pointer());
    cudnnTensorDescriptor_t shapes[2];
    CALL(cudnnCreateTensorDescriptor(&shapes[0]));
    CALL(cudnnCreateTensorDescriptor(&shapes[1]));
    std::vector<Part> found;
    for (int layer = 0; layer < layers; layer++) {
        for (int product = 0; product < products; product++) {
            void *at[2];
            CALL(cudnnGetRNNWeightParams(
                device.dnn, rnn, layer, bytes, space.pointer(), product, shapes[0], &at[0], shapes[1], &at[1]));
            for (int kind = 0; kind < 2; kind++) {
                found.push_back({static_cast<size_t>(static_cast<char *>(at[kind]) - begin) / element, elements(shapes[kind])});
            }
        }
    }
    CALL(cudnnDestroyTensorDescriptor(shapes[0]));
    CALL(cudnnDestroyTensorDescriptor(shapes[1]));
    return found;
}

void fill(const Floats &space, const std::vector<Part> &parts, unsigned seed, float deviation) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal(0, deviation);
    std::vector<float> all(space.count());
    for (const Part &part : parts) {
        for (size_t i = 0; i < part.count; i++) {
            all[part.offset + i] = normal(random);
        }
    }
    CALL(cudaMemcpy(space.at(), all.data(), all.size() * sizeof(float), cudaMemcpyHostToDevice));
}

std::vector<float> gather(const std::vector<float> &space, const std::vector<Part> &parts) {
    std::vector<float> all;
    for (const Part &part : parts) {
        for (size_t i = 0; i < part.count; i++) {
            all.push_back(space[part.offset + i]);
        }
    }
    return all;
}

}  // namespace baseline
