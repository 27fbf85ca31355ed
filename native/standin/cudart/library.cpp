#include "core/image.hpp"

#include "core/memory.hpp"
#include "library.hpp"

#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <filesystem>
#include <string>
#include <unistd.h>

using namespace standin::cudart;
using standin::Image;

namespace {

constexpr int architecture = 90;

struct Library {
    void *object = nullptr;
    std::map<std::string, std::shared_ptr<Function>> functions;

    ~Library() {
        if (object != nullptr) {
            dlclose(object);
        }
    }
};

standin::Registry<Library> &libraries() {
    static auto &instance = *new standin::Registry<Library>("library");
    return instance;
}

std::map<const void *, std::shared_ptr<Function>> &functions() {
    static auto &instance = *new std::map<const void *, std::shared_ptr<Function>>;
    return instance;
}

// The dynamic linker wants a file; its name is gone as soon as it is open.
void *open_object(const Image &image) {
    std::string path = (std::filesystem::temp_directory_path() / "gatun-standin-XXXXXX").string();
    int file = mkstemp(path.data());
    if (file < 0) {
        return nullptr;
    }
    bool written = write(file, image.content(), image.bytes) == ssize_t(image.bytes);
    close(file);
    void *object = written ? dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL) : nullptr;
    unlink(path.c_str());
    return object;
}

cudaError_t load(const void *code, Library &library) {
    Image image;
    std::memcpy(&image, code, sizeof image.magic);
    if (std::memcmp(image.magic, Image::kind, sizeof image.magic) != 0) {
        return cudaErrorInvalidKernelImage;
    }
    auto whole = static_cast<const Image *>(code);
    std::memcpy(&image, code, sizeof image);
    if (standin::checksum(whole->content(), image.bytes) != image.sum) {
        return cudaErrorInvalidKernelImage;
    }
    if (image.architecture != 0 && (image.architecture / 10 != architecture / 10 || image.architecture > architecture)) {
        return cudaErrorNoKernelImageForDevice;
    }
    library.object = open_object(*whole);
    auto module = library.object == nullptr
        ? nullptr : static_cast<const standin::kernel::Module *>(dlsym(library.object, "gatun_standin_module"));
    if (module == nullptr) {
        return cudaErrorInvalidKernelImage;
    }
    for (int i = 0; i < module->count; i++) {
        auto function = std::make_shared<Function>(Function{module, &module->kernels[i], default_shared_bytes});
        library.functions.emplace(function->kernel->name, function);
        functions().emplace(function.get(), function);
    }
    return cudaSuccess;
}

}  // namespace

std::shared_ptr<Function> standin::cudart::find_function(const char *caller, const void *handle) {
    std::lock_guard<std::recursive_mutex> guard(standin::memory::mutex());
    auto found = functions().find(handle);
    if (found == functions().end()) {
        standin::violate(std::string(caller) + ": not a kernel of a loaded library");
        return nullptr;
    }
    return found->second;
}

cudaError_t cudaLibraryLoadData(cudaLibrary_t *library, const void *code, cudaJitOption *, void **, unsigned, cudaLibraryOption *, void **,
    unsigned) {
    if (auto status = begin("cudaLibraryLoadData")) {
        return *status;
    }
    if (library == nullptr || code == nullptr) {
        return report(cudaErrorInvalidValue);
    }
    std::lock_guard<std::recursive_mutex> guard(standin::memory::mutex());
    Library *created = libraries().create();
    cudaError_t error = load(code, *created);
    if (error != cudaSuccess) {
        libraries().destroy("cudaLibraryLoadData", created);
        return report(error);
    }
    *library = reinterpret_cast<cudaLibrary_t>(created);
    return cudaSuccess;
}

cudaError_t cudaLibraryUnload(cudaLibrary_t library) {
    auto status = begin("cudaLibraryUnload");
    std::lock_guard<std::recursive_mutex> guard(standin::memory::mutex());
    if (Library *found = libraries().find("cudaLibraryUnload", library)) {
        for (const auto &[name, function] : found->functions) {
            functions().erase(function.get());
        }
        libraries().destroy("cudaLibraryUnload", library);
    }
    return status ? *status : report(cudaSuccess);
}

cudaError_t cudaLibraryGetKernel(cudaKernel_t *kernel, cudaLibrary_t library, const char *name) {
    if (auto status = begin("cudaLibraryGetKernel")) {
        return *status;
    }
    Library *found = libraries().find("cudaLibraryGetKernel", library);
    if (found == nullptr || kernel == nullptr || name == nullptr) {
        return report(cudaErrorInvalidValue);
    }
    auto function = found->functions.find(name);
    if (function == found->functions.end()) {
        return report(cudaErrorSymbolNotFound);
    }
    *kernel = reinterpret_cast<cudaKernel_t>(function->second.get());
    return cudaSuccess;
}
