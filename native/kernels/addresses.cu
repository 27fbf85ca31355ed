// Tables of addresses for products of many matrices that no single stride leads through.
#include "walk.cuh"

/// Of every matrix of three operands, in the walk's order: table [3, count]. Strides are in elements, of so
/// many bytes in the first two operands and in the third.
extern "C" __global__ void addresses(
    Walk walk, long long factorBytes, long long resultBytes, const char *first, const char *second, const char *third, const char **table) {
    long long number = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (number >= walk.count) {
        return;
    }
    Places places = placesOf(walk, number);
    table[number] = first + places.at[0] * factorBytes;
    table[walk.count + number] = second + places.at[1] * factorBytes;
    table[2 * walk.count + number] = third + places.at[2] * resultBytes;
}
