// A libcuda.so.1 without a device: what cuDNN's graph API looks up and calls while it makes plans of operation graphs. It takes
// kernels and holds none; whatever would run one says that it is not supported.
namespace {

constexpr int success = 0;
constexpr int not_supported = 801;
constexpr int release = 13000;

char library, kernel, function, module, context;

int give(void **slot, char &thing) {
    *slot = &thing;
    return success;
}

}  // namespace

extern "C" {

int cuDriverGetVersion(int *version) {
    *version = release;
    return success;
}

int cuGetErrorName(int, const char **text) {
    *text = "CUDA_ERROR_NOT_SUPPORTED";
    return success;
}

int cuGetErrorString(int, const char **text) {
    *text = "the driver of Gatun's tests has no device";
    return success;
}

int cuCtxGetCurrent(void **slot) {
    return give(slot, context);
}

int cuLibraryLoadData(void **slot, const void *, int *, void **, unsigned, int *, void **, unsigned) {
    return give(slot, library);
}

int cuLibraryGetKernel(void **slot, void *, const char *) {
    return give(slot, kernel);
}

int cuKernelGetFunction(void **slot, void *) {
    return give(slot, function);
}

int cuKernelGetAttribute(int *value, int, void *, int) {
    *value = 0;
    return success;
}

int cuKernelSetAttribute(int, int, void *, int) {
    return success;
}

int cuLibraryUnload(void *) {
    return success;
}

int cuModuleLoadData(void **slot, const void *) {
    return give(slot, module);
}

int cuModuleGetFunction(void **slot, void *, const char *) {
    return give(slot, function);
}

int cuModuleUnload(void *) {
    return success;
}

#define NOT_SUPPORTED(name) \
    int name() { return not_supported; }

NOT_SUPPORTED(cuCtxGetLimit)
NOT_SUPPORTED(cuCtxPopCurrent)
NOT_SUPPORTED(cuCtxPushCurrent)
NOT_SUPPORTED(cuDeviceGet)
NOT_SUPPORTED(cuDeviceGetCount)
NOT_SUPPORTED(cuLaunchCooperativeKernel)
NOT_SUPPORTED(cuLaunchKernel)
NOT_SUPPORTED(cuLaunchKernelEx)
NOT_SUPPORTED(cuLibraryLoadFromFile)
NOT_SUPPORTED(cuLinkAddData)
NOT_SUPPORTED(cuLinkComplete)
NOT_SUPPORTED(cuLinkCreate)
NOT_SUPPORTED(cuLinkDestroy)
NOT_SUPPORTED(cuOccupancyMaxPotentialClusterSize)
NOT_SUPPORTED(cuStreamGetCtx)
NOT_SUPPORTED(cuTensorMapEncodeIm2col)
NOT_SUPPORTED(cuTensorMapEncodeTiled)
}
