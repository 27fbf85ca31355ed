// CUDA C kernels, compiled and run on the host.
#include "core/standin.hpp"
#include "device.hpp"

#include <cmath>
#include <cstring>
#include <nvrtc.h>

using test::Array;
using test::ramp;

namespace {

/// Kernels of a text, compiled for the device and loaded.
class Kernels {
public:
    explicit Kernels(const std::string &text, std::vector<const char *> options = {}) {
        options.push_back("--gpu-architecture=sm_90");
        nvrtcProgram program;
        EXPECT_EQUAL(nvrtcCreateProgram(&program, text.c_str(), "test.cu", 0, nullptr, nullptr), NVRTC_SUCCESS);
        nvrtcResult result = nvrtcCompileProgram(program, int(options.size()), options.data());
        size_t bytes = 0;
        nvrtcGetProgramLogSize(program, &bytes);
        std::string log(bytes, 0);
        nvrtcGetProgramLog(program, log.data());
        if (result != NVRTC_SUCCESS) {
            std::cerr << log << std::endl;
        }
        EXPECT_EQUAL(result, NVRTC_SUCCESS);
        EXPECT_EQUAL(nvrtcGetCUBINSize(program, &bytes), NVRTC_SUCCESS);
        image_.resize(bytes);
        EXPECT_EQUAL(nvrtcGetCUBIN(program, image_.data()), NVRTC_SUCCESS);
        EXPECT_EQUAL(nvrtcDestroyProgram(&program), NVRTC_SUCCESS);
        EXPECT_EQUAL(cudaLibraryLoadData(&library_, image_.data(), nullptr, nullptr, 0, nullptr, nullptr, 0), cudaSuccess);
    }

    ~Kernels() {
        if (library_ != nullptr) {
            cudaLibraryUnload(library_);
        }
    }

    cudaKernel_t operator[](const char *name) const {
        cudaKernel_t kernel = nullptr;
        EXPECT_EQUAL(cudaLibraryGetKernel(&kernel, library_, name), cudaSuccess);
        return kernel;
    }

    template <class... A>
    cudaError_t launch(const char *name, dim3 grid, dim3 block, size_t shared, A... arguments) const {
        void *pointers[] = {&arguments...};
        return cudaLaunchKernel((*this)[name], grid, block, pointers, shared, nullptr);
    }

    const std::vector<char> &image() const {
        return image_;
    }

    void unload() {
        EXPECT_EQUAL(cudaLibraryUnload(library_), cudaSuccess);
        library_ = nullptr;
    }

private:
    std::vector<char> image_;
    cudaLibrary_t library_ = nullptr;
};

void expect_breach(const std::string &part) {
    EXPECT_EQUAL(cudaDeviceSynchronize(), cudaErrorIllegalAddress);
    EXPECT_CONTAINS(gatun_standin_violations(), part);
    gatun_standin_reset();
}

// A row for each block: the greatest and the sum by shuffles in warps and shared memory between them.
const char *softmax = R"(
__device__ inline float greatest(float x) {
    for (int lane = 16; lane > 0; lane /= 2) {
        x = fmaxf(x, __shfl_xor_sync(0xFFFFFFFF, x, lane));
    }
    return x;
}

__device__ inline SCALAR sum(SCALAR x) {
    for (int lanes = 16; lanes > 0; lanes /= 2) {
        x += __shfl_down_sync(0xFFFFFFFF, x, lanes);
    }
    return x;
}

extern "C" __global__ void __launch_bounds__(256) softmax(const SCALAR *x, SCALAR *y, int columns) {
    __shared__ float parts[32];
    extern __shared__ SCALAR row[];
    __shared__ SCALAR total;
    int warp = threadIdx.x / warpSize, lane = threadIdx.x % warpSize;
    x += (size_t)blockIdx.x * columns;
    y += (size_t)blockIdx.x * columns;
    float most = -1e30f;
    for (int i = threadIdx.x; i < columns; i += blockDim.x) {
        most = fmaxf(most, (float)x[i]);
    }
    most = greatest(most);
    if (lane == 0) {
        parts[warp] = most;
    }
    __syncthreads();
    most = greatest(lane < blockDim.x / warpSize ? parts[lane] : -1e30f);
    SCALAR part = 0;
    for (int i = threadIdx.x; i < columns; i += blockDim.x) {
        row[i] = exp(x[i] - most);
        part += row[i];
    }
    part = sum(part);
    if (threadIdx.x == 0) {
        total = 0;
    }
    __syncthreads();
    if (lane == 0) {
        atomicAdd(&total, part);
    }
    __syncthreads();
    for (int i = threadIdx.x; i < columns; i += blockDim.x) {
        y[i] = row[i] / total;
    }
}
)";

template <class T>
void check_softmax(const char *option, double tolerance) {
    Kernels kernels(softmax, {option});
    const int rows = 5, columns = 300;
    auto x = ramp<T>(rows * columns, 0.377);
    Array<T> dx(x), dy(std::vector<T>(rows * columns, NAN));
    EXPECT_EQUAL(kernels.launch("softmax", rows, 96, columns * sizeof(T), (const T *)dx.begin(), dy.begin(), columns), cudaSuccess);
    auto y = dy.values();
    for (int row = 0; row < rows; row++) {
        double total = 0;
        for (int i = 0; i < columns; i++) {
            total += std::exp(double(x[row * columns + i]));
        }
        for (int i = 0; i < columns; i++) {
            EXPECT_NEAR(y[row * columns + i], std::exp(double(x[row * columns + i])) / total, tolerance);
        }
    }
}

CASE(a_softmax_with_shuffles_and_shared_memory_agrees_with_loops) {
    check_softmax<float>("-DSCALAR=float", 1e-7);
    check_softmax<double>("-DSCALAR=double", 1e-15);
}

CASE(arguments_are_read_when_the_launch_is_made_structures_too) {
    Kernels kernels(R"(
        struct Line { float slope; double shift; int count; };
        extern "C" __global__ void line(Line line, float *y) {
            int i = blockIdx.x * blockDim.x + threadIdx.x;
            if (i < line.count) {
                y[i] = line.slope * i + line.shift;
            }
        })");
    struct Line {
        float slope;
        double shift;
        int count;
    } line{2, 0.5, 10};
    Array<float> y(std::vector<float>(11, -1));
    float *begin = y.begin();
    void *pointers[] = {&line, &begin};
    EXPECT_EQUAL(cudaLaunchKernel(kernels["line"], 3, 4, pointers, 0, nullptr), cudaSuccess);
    line.slope = 9;
    begin = nullptr;
    auto values = y.values();
    EXPECT_EQUAL(values[9], 18.5f);
    EXPECT_EQUAL(values[10], -1.0f);
}

CASE(votes_shuffles_and_indices_are_cudas) {
    Kernels kernels(R"(
        extern "C" __global__ void ways(unsigned *y) {
            unsigned own = threadIdx.x + blockDim.x * threadIdx.y;
            unsigned ballot = __ballot_sync(0xFFFFFFFF, own % 3 == 0);
            unsigned up = __shfl_up_sync(0xFFFFFFFF, own, 1);
            unsigned down = __shfl_down_sync(0xFFFFFFFF, own, 2, 8);
            unsigned fixed = __shfl_sync(0xFFFFFFFF, own, 5, 8);
            int any = __any_sync(0xFFFFFFFF, own == 7), all = __all_sync(0xFFFFFFFF, own < 64);
            int count = __syncthreads_count(own < 11);
            unsigned at[] = {ballot, up, down, fixed, (unsigned)any, (unsigned)all, (unsigned)count, __umulhi(1u << 31, own)};
            for (int i = 0; i < 8; i++) {
                y[own * 8 + i] = at[i];
            }
        })");
    Array<unsigned> y(std::vector<unsigned>(64 * 8));
    EXPECT_EQUAL(kernels.launch("ways", 1, dim3(16, 4), 0, y.begin()), cudaSuccess);
    auto values = y.values();
    for (unsigned own = 0; own < 64; own++) {
        unsigned lane = own % 32, ballot = 0;
        for (unsigned i = 0; i < 32; i++) {
            ballot |= unsigned((own / 32 * 32 + i) % 3 == 0) << i;
        }
        const unsigned expected[] = {ballot, lane == 0 ? own : own - 1, lane % 8 < 6 ? own + 2 : own, own / 8 * 8 + 5, own < 32, 1, 11, own / 2};
        for (int i = 0; i < 8; i++) {
            EXPECT_EQUAL(values[own * 8 + i], expected[i]);
        }
    }
}

CASE(shared_memory_starts_poisoned_in_every_block) {
    Kernels kernels(R"(
        extern "C" __global__ void stale(float *y) {
            __shared__ float kept;
            y[blockIdx.x] = kept;
            kept = 1;
        })");
    Array<float> y({0, 0});
    EXPECT_EQUAL(kernels.launch("stale", 2, 1, 0, y.begin()), cudaSuccess);
    EXPECT_TRUE(std::isnan(y.values()[0]) && std::isnan(y.values()[1]));
}

CASE(a_forgotten_barrier_gives_wrong_numbers) {
    Kernels kernels(R"(
        extern "C" __global__ void reverse(const float *x, float *y) {
            __shared__ float row[64];
            row[threadIdx.x] = x[threadIdx.x];
            y[threadIdx.x] = row[63 - threadIdx.x];
        })");
    auto x = ramp(64);
    Array<float> dx(x), dy(x);
    EXPECT_EQUAL(kernels.launch("reverse", 1, 64, 0, dx.begin(), dy.begin()), cudaSuccess);
    EXPECT_TRUE(std::isnan(dy.values()[0]) != std::isnan(dy.values()[63]));
}

const char *wrong = R"(
extern "C" __global__ void missed(int *y) {
    if (threadIdx.x < 32) {
        __syncthreads();
    } else {
        __shfl_sync(0xFFFFFFFF, 1, threadIdx.x == 40 ? 1 : 0);
        __syncthreads();
    }
}
extern "C" __global__ void forever(int *y) {
    if (threadIdx.x == 0) {
        __syncwarp();
    } else {
        __syncthreads();
    }
}
extern "C" __global__ void alone(int *y) {
    if (threadIdx.x == 0) {
        return;
    }
    *y = __shfl_sync(0xFFFFFFFF, 1, 0);
}
extern "C" __global__ void beyond(int *y) {
    extern __shared__ int room[];
    room[blockDim.x] = 1;
}
extern "C" __global__ void denied(int *y) {
    assert(*y == 3);
    *y = 4;
}
)";

CASE(what_threads_do_wrong_is_told) {
    Kernels kernels(wrong);
    Array<int> y({1});
    EXPECT_EQUAL(kernels.launch("missed", 1, 64, 0, y.begin()), cudaSuccess);
    expect_breach("kernel missed, block (0, 0, 0): threads wait at different barriers, test.cu:4 and test.cu:7");
    EXPECT_EQUAL(kernels.launch("forever", 1, 32, 0, y.begin()), cudaSuccess);
    expect_breach("wait for each other forever: thread 0 for lanes test.cu:12; thread 1 at the barrier test.cu:14;");
    EXPECT_EQUAL(kernels.launch("alone", 1, 32, 0, y.begin()), cudaSuccess);
    expect_breach("thread 1 reads lane 0, which takes no part in the shuffle at test.cu:21");
    EXPECT_EQUAL(kernels.launch("beyond", 1, 8, 32, y.begin()), cudaSuccess);
    expect_breach("wrote beyond its 32 bytes of dynamic shared memory");
    EXPECT_EQUAL(kernels.launch("denied", 2, 8, 0, y.begin()), cudaSuccess);
    expect_breach("thread 0: assertion *y == 3 at test.cu:28");
    EXPECT_EQUAL(y.values()[0], 1);
}

CASE(launches_are_checked) {
    Kernels kernels(wrong);
    Array<int> y({1});
    EXPECT_EQUAL(kernels.launch("denied", 1, 1025, 0, y.begin()), cudaErrorInvalidConfiguration);
    EXPECT_EQUAL(kernels.launch("denied", 1, 1, 60000, y.begin()), cudaErrorInvalidValue);
    EXPECT_EQUAL(cudaKernelSetAttributeForDevice(kernels["beyond"], cudaFuncAttributeMaxDynamicSharedMemorySize, 60000, 0), cudaSuccess);
    EXPECT_EQUAL(kernels.launch("beyond", 1, 1, 60000, y.begin()), cudaSuccess);
    EXPECT_EQUAL(cudaDeviceSynchronize(), cudaSuccess);
    cudaKernel_t none;
    cudaLibrary_t library;
    EXPECT_EQUAL(kernels.launch("denied", 1, 1, 0, y.begin() + 1), cudaErrorIllegalAddress);
    expect_breach("kernel denied: a pointer among the arguments");
    int *stale;
    cudaMalloc(reinterpret_cast<void **>(&stale), 4);
    cudaFree(stale);
    kernels.launch("denied", 1, 1, 0, stale);
    expect_breach("lies in no live allocation");
    kernels.launch("beyond", 1, 1, 64, y.begin());
    kernels.unload();
    expect_breach("kernel beyond: its library was unloaded while it waited to run");
    EXPECT_EQUAL(cudaLibraryLoadData(&library, kernels.image().data(), nullptr, nullptr, 0, nullptr, nullptr, 0), cudaSuccess);
    EXPECT_EQUAL(cudaLibraryGetKernel(&none, library, "nobody"), cudaErrorSymbolNotFound);
    cudaLibraryUnload(library);
    auto damaged = kernels.image();
    damaged.back() ^= 1;
    EXPECT_EQUAL(cudaLibraryLoadData(&library, damaged.data(), nullptr, nullptr, 0, nullptr, nullptr, 0), cudaErrorInvalidKernelImage);
    cudaGetLastError();
}

CASE(a_kernel_may_write_to_pinned_memory) {
    Kernels kernels("extern \"C\" __global__ void note(volatile int *y) { *y = 5; __threadfence_system(); }");
    void *pinned;
    cudaHostAlloc(&pinned, 4, cudaHostAllocMapped);
    EXPECT_EQUAL(kernels.launch("note", 1, 1, 0, static_cast<int *>(pinned)), cudaSuccess);
    EXPECT_TRUE(*static_cast<int *>(pinned) != 5);
    cudaDeviceSynchronize();
    EXPECT_EQUAL(*static_cast<int *>(pinned), 5);
    cudaFreeHost(pinned);
}

CASE(errors_and_options_are_reported) {
    nvrtcProgram program;
    const char *headers[] = {"#define TWO 2\n"}, *names[] = {"two.cuh"};
    nvrtcCreateProgram(&program, "#include \"two.cuh\"\nextern \"C\" __global__ void k(int *y) { *y = TWO; wrong }", "bad.cu", 1, headers, names);
    const char *unknown[] = {"--no-such-option"}, *good[] = {"-arch=sm_80"}, *old[] = {"--gpu-architecture=sm_20"};
    EXPECT_EQUAL(nvrtcCompileProgram(program, 1, unknown), NVRTC_ERROR_INVALID_OPTION);
    EXPECT_EQUAL(nvrtcCompileProgram(program, 1, old), NVRTC_ERROR_INVALID_OPTION);
    EXPECT_EQUAL(nvrtcCompileProgram(program, 1, good), NVRTC_ERROR_COMPILATION);
    char log[4096] = {};
    size_t bytes = 0;
    nvrtcGetProgramLogSize(program, &bytes);
    EXPECT_TRUE(bytes < sizeof log);
    nvrtcGetProgramLog(program, log);
    EXPECT_CONTAINS(log, "bad.cu:2:");
    EXPECT_CONTAINS(log, "wrong");
    EXPECT_EQUAL(nvrtcGetCUBINSize(program, &bytes), NVRTC_ERROR_INVALID_PROGRAM);
    nvrtcDestroyProgram(&program);
    nvrtcCreateProgram(&program, "extern \"C\" __global__ void k(int *y) { *y = 2; }", "other.cu", 0, nullptr, nullptr);
    EXPECT_EQUAL(nvrtcCompileProgram(program, 1, good), NVRTC_SUCCESS);
    nvrtcGetCUBINSize(program, &bytes);
    std::vector<char> image(bytes);
    nvrtcGetCUBIN(program, image.data());
    cudaLibrary_t library;
    EXPECT_EQUAL(cudaLibraryLoadData(&library, image.data(), nullptr, nullptr, 0, nullptr, nullptr, 0), cudaErrorNoKernelImageForDevice);
    nvrtcDestroyProgram(&program);
    cudaGetLastError();
}

CASE(nothing_is_left_alive) {
    EXPECT_EQUAL(std::string(gatun_standin_live()), "");
    EXPECT_EQUAL(std::string(gatun_standin_violations()), "");
}

}  // namespace
