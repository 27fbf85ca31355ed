// The product of two matrices, accumulated in double.
#pragma once

#include "number.hpp"
#include "standin.hpp"

namespace standin {

/// A matrix in memory: element (i, j) lies at i·row_step + j·column_step elements behind its begin.
struct Matrix {
    const void *begin = nullptr;
    Type type = Type::f32;
    int64_t row_step = 1;
    int64_t column_step = 0;

    /// Column by column with a leading dimension, or its transpose.
    static Matrix columns(const void *begin, Type type, int64_t leading, bool transposed = false) {
        return transposed ? Matrix{begin, type, leading, 1} : Matrix{begin, type, 1, leading};
    }

    Matrix moved(int64_t elements) const {
        return {static_cast<const char *>(begin) + elements * int64_t(size_of(type)), type, row_step, column_step};
    }

    size_t extent(int64_t rows, int64_t columns) const {
        return rows == 0 || columns == 0 ? 0 : ((rows - 1) * row_step + (columns - 1) * column_step + 1) * size_of(type);
    }
};

/// d = finish(row, column, alpha·a·b + beta·c) with a of m × k, b of k × n. Nothing is read of a and b where alpha is 0, nor of c where beta is.
struct Product {
    int64_t m = 0;
    int64_t n = 0;
    int64_t k = 0;
    Matrix a{}, b{}, c{}, d{};
    double alpha = 1;
    double beta = 0;
    Rounding rounding = Rounding::none;  // of a and b, first
    std::function<double(int64_t row, int64_t column, double value)> finish = nullptr;
};

STANDIN_SHARED void multiply(const Product &product);

/// The nearest number with 10 bits of fraction, ties away from zero, as tensor cores take a float for TF32.
float to_tf32(float value);

}  // namespace standin
