#include "product.hpp"

#include <algorithm>

namespace standin {
namespace {

double rounded(double value, Rounding rounding) {
    switch (rounding) {
        case Rounding::tf32: return to_tf32(float(value));
        case Rounding::bf16: return bfloat_to_float(to_bfloat(float(value)));
        case Rounding::f16: return half_to_float(to_half(float(value)));
        default: return value;
    }
}

// Rows one after another, as doubles.
std::vector<double> packed(const Matrix &matrix, int64_t rows, int64_t columns, Rounding rounding) {
    std::vector<double> values(rows * columns);
    for (int64_t i = 0; i < rows; i++) {
        for (int64_t j = 0; j < columns; j++) {
            double value = load(matrix.type, matrix.begin, i * matrix.row_step + j * matrix.column_step);
            values[i * columns + j] = rounded(value, rounding);
        }
    }
    return values;
}

}  // namespace

float to_tf32(float value) {
    if (!std::isfinite(value)) {
        return value;
    }
    return std::bit_cast<float>((std::bit_cast<uint32_t>(value) + 0x1000) & ~uint32_t(0x1FFF));
}

void multiply(const Product &p) {
    bool read = p.alpha != 0;
    std::vector<double> a = read ? packed(p.a, p.m, p.k, p.rounding) : std::vector<double>();
    std::vector<double> b = read ? packed(p.b, p.k, p.n, p.rounding) : std::vector<double>();
    std::vector<double> sums(p.n);
    for (int64_t i = 0; i < p.m; i++) {
        std::fill(sums.begin(), sums.end(), 0.0);
        for (int64_t l = 0; read && l < p.k; l++) {
            double factor = a[i * p.k + l];
            for (int64_t j = 0; j < p.n; j++) {
                sums[j] += factor * b[l * p.n + j];
            }
        }
        for (int64_t j = 0; j < p.n; j++) {
            double value = read ? p.alpha * sums[j] : 0;
            if (p.beta != 0) {
                value += p.beta * load(p.c.type, p.c.begin, i * p.c.row_step + j * p.c.column_step);
            }
            store(p.d.type, const_cast<void *>(p.d.begin), i * p.d.row_step + j * p.d.column_step,
                p.finish ? p.finish(i, j, value) : value);
        }
    }
}

}  // namespace standin
