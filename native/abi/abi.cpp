// Prints a line for each constant, function, structure and field that the bindings use:
//   CLASS constant NAME VALUE | CLASS function NAME RESULT PARAMETERS… | NAME structure SIZE ALIGNMENT | NAME field NAME OFFSET SIZE
#include "../headers/cublas.h"
#include "../headers/cudart.h"
#include "../headers/cudnn.h"
#include "../headers/nvrtc.h"

#include <cstddef>
#include <iostream>
#include <string>
#include <type_traits>

namespace abi {

template <class Type>
std::string passed_as() {
    if constexpr (std::is_void_v<Type>) {
        return "void";
    } else if constexpr (std::is_pointer_v<Type>) {
        return "pointer";
    } else {
        static_assert(std::is_arithmetic_v<Type> || std::is_enum_v<Type> || std::is_class_v<Type>);
        const std::string kind = std::is_floating_point_v<Type> ? "float" : std::is_class_v<Type> ? "structure" : "int";
        return kind + std::to_string(8 * sizeof(Type));
    }
}

template <class Type>
struct Function;

template <class Result, class... Parameters>
struct Function<Result(Parameters...)> {
    static void print(const char* owner, const char* name) {
        std::cout << owner << " function " << name << ' ' << passed_as<Result>();
        ((std::cout << ' ' << passed_as<Parameters>()), ...);
        std::cout << '\n';
    }
};

template <class Value>
void constant(const char* owner, const char* name, Value value) {
    std::cout << owner << " constant " << name << ' ' << static_cast<long long>(value) << '\n';
}

template <class Structure>
void structure(const char* name) {
    std::cout << name << " structure " << sizeof(Structure) << ' ' << alignof(Structure) << '\n';
}

void field(const char* owner, const char* name, std::size_t offset, std::size_t size) {
    std::cout << owner << " field " << name << ' ' << offset << ' ' << size << '\n';
}

// In C++, cuBLAS overloads these for the types of CUDA 10. The library exports those that take a cublasComputeType_t.
using Type = cudaDataType_t;
using Transpose = cublasOperation_t;
extern decltype(static_cast<cublasStatus_t (*)(
        cublasHandle_t, Transpose, Transpose, int, int, int, const void*, const void*, Type, int, const void*, Type, int, const void*, void*,
        Type, int, cublasComputeType_t, cublasGemmAlgo_t)>(::cublasGemmEx)) cublasGemmEx;
extern decltype(static_cast<cublasStatus_t (*)(
        cublasHandle_t, Transpose, Transpose, int, int, int, const void*, const void* const[], Type, int, const void* const[], Type, int,
        const void*, void* const[], Type, int, int, cublasComputeType_t, cublasGemmAlgo_t)>(::cublasGemmBatchedEx)) cublasGemmBatchedEx;
extern decltype(static_cast<cublasStatus_t (*)(
        cublasHandle_t, Transpose, Transpose, int, int, int, const void*, const void*, Type, int, long long, const void*, Type, int,
        long long, const void*, void*, Type, int, long long, int, cublasComputeType_t, cublasGemmAlgo_t)>(
        ::cublasGemmStridedBatchedEx)) cublasGemmStridedBatchedEx;

// By their types alone: a pointer to one would have to be linked.
#define FUNCTION(owner, name) Function<std::remove_pointer_t<decltype(name)>>::print(#owner, #name)
#define CONSTANT(owner, name) constant(#owner, #name, name)
#define STRUCTURE(name) structure<name>(#name)
#define FIELD(type, name) field(#type, #name, offsetof(type, name), sizeof(type::name))

void print() {
#include "entries.inc"
}

}  // namespace abi

int main() {
    abi::print();
}
