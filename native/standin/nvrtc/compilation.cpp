// Compiles CUDA C with the host's compiler: preprocesses it between the shim's headers, translates it, and makes a shared object.
#include "api.hpp"

#include "core/image.hpp"

#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <spawn.h>
#include <sys/wait.h>

extern char **environ;

namespace standin::nvrtc {
namespace {

namespace fs = std::filesystem;

/// A folder that ends with its scope.
struct Folder {
    fs::path path;

    Folder() {
        std::string name = (fs::temp_directory_path() / "gatun-nvrtc-XXXXXX").string();
        path = mkdtemp(name.data()) == nullptr ? fs::path() : fs::path(name);
    }

    ~Folder() {
        std::error_code ignored;
        if (!path.empty()) {
            fs::remove_all(path, ignored);
        }
    }
};

void write(const fs::path &path, const std::string &text) {
    std::error_code ignored;
    fs::create_directories(path.parent_path(), ignored);
    std::ofstream(path, std::ios::binary) << text;
}

std::string read(const fs::path &path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// Runs the host's compiler in a folder; its messages go to the log.
bool run_compiler(const fs::path &folder, std::vector<std::string> arguments, std::string &log) {
    const char *named = std::getenv("GATUN_STANDIN_CXX");
    arguments.insert(arguments.begin(), named == nullptr ? "c++" : named);
    std::vector<char *> pointers;
    for (std::string &argument : arguments) {
        pointers.push_back(argument.data());
    }
    pointers.push_back(nullptr);
    fs::path messages = folder / "standin.log";
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addchdir_np(&actions, folder.c_str());
    posix_spawn_file_actions_addopen(&actions, 1, messages.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_adddup2(&actions, 1, 2);
    pid_t child = 0;
    int error = posix_spawnp(&child, pointers[0], &actions, nullptr, pointers.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    int status = -1;
    if (error != 0) {
        log += "host stand-in: cannot run the compiler " + arguments[0] + ": " + std::strerror(error) + "\n";
        return false;
    }
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    log += read(messages);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

std::string image_of(const std::string &object, uint64_t architecture) {
    Image image{};
    std::memcpy(image.magic, Image::kind, sizeof image.magic);
    image.bytes = object.size();
    image.sum = checksum(object.data(), object.size());
    image.architecture = architecture;
    return std::string(reinterpret_cast<const char *>(&image), sizeof image) + object;
}

bool inside(const std::string &name) {
    return !name.empty() && fs::path(name).is_relative() && name.find("..") == std::string::npos;
}

}  // namespace

nvrtcResult compile(_nvrtcProgram &program, const Options &options) {
    Folder folder;
    if (folder.path.empty()) {
        return NVRTC_ERROR_INTERNAL_ERROR;
    }
    for (const auto &[name, text] : program.headers) {
        if (!inside(name)) {
            return NVRTC_ERROR_INVALID_INPUT;
        }
        write(folder.path / name, text);
    }
    if (!inside(program.name)) {
        return NVRTC_ERROR_INVALID_INPUT;
    }
    const std::string shim = STANDIN_SHIM;
    write(folder.path / program.name, program.text);
    write(folder.path / "standin.cpp", "#include \"" + shim + "/prelude.hpp\"\n#include \"" + program.name + "\"\n#include \"" + shim + "/table.hpp\"\n");
    std::vector<std::string> first{"-std=c++20", "-E", "-undef", "-I.", "standin.cpp", "-o", "standin.ii"};
    first.insert(first.end(), options.arguments.begin(), options.arguments.end());
    if (!run_compiler(folder.path, first, program.log)) {
        return NVRTC_ERROR_COMPILATION;
    }
    Translation translation = translate(read(folder.path / "standin.ii"));
    write(folder.path / "kernels.ii", translation.text);
    std::vector<std::string> second{"-x", "c++-cpp-output", "-std=c++20", "-O1", "-shared", "-fPIC", "-fvisibility=hidden", "-fno-strict-aliasing",
        "-ffp-contract=off", "-fno-exceptions", "-fno-rtti", "-w", "kernels.ii", "-o", "kernels.so", "-lm"};
#ifdef STANDIN_SANITIZE
    for (const char *flag : {"-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-g1"}) {
        second.insert(second.begin() + 2, flag);
    }
#endif
    if (!run_compiler(folder.path, second, program.log)) {
        return NVRTC_ERROR_COMPILATION;
    }
    program.image = image_of(read(folder.path / "kernels.so"), options.real ? options.architecture : 0);
    program.has_cubin = options.real;
    program.compiled = true;
    return NVRTC_SUCCESS;
}

}  // namespace standin::nvrtc
