// Products of the matrices of a batch of heads.
#pragma once

#include "device.hpp"

namespace baseline {

/// Matrices of a batch of heads: where the first begins, how far apart those of two sequences and of two heads are, and as Matrix.
struct Matrices {
    float *at;
    long long outer, inner;
    int leading;
    bool transposed = false;

    Matrices turned() const { return {at, outer, inner, leading, !transposed}; }
};

/// How many matrices, and what they are: [m, k] times [k, n].
struct Extent {
    int batch, heads, m, n, k;
};

/// c = a b for each head of each sequence. Where a single stride does not lead through all, their addresses lie on the device.
class Product {
public:
    Product(const Device &device, const Extent &extent, const Matrices &a, const Matrices &b, const Matrices &c);

    void run();

private:
    bool is_strided() const;

    const Device &device_;
    Extent extent_;
    Matrices a_, b_, c_;
    Block table_;
};

}  // namespace baseline
