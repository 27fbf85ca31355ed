// Twins of Gatun's steps in C++: times them, or prints their calls on the host stand-in, or their results.
#include "cases.hpp"
#include "times.hpp"

#include <algorithm>
#include <cstdio>
#include <dlfcn.h>
#include <iostream>
#include <regex>
#include <sstream>

using namespace baseline;

namespace {

const char *usage = "baseline times|calls|results [--small] [--precision F32|TF32|BF16] [--runs 20] [--steps 10] [--only REGEX]\n"
                    "         [--attention blas|multi-head]\n"
                    "  times    a line of JSON for each step: microseconds by CUDA's events and by the clock\n"
                    "  calls    lines \"case pass function count\" of a steady step; on the host stand-in alone\n"
                    "  results  lines \"case result numbers...\" of a training step\n";

std::string option(int count, char **words, const char *name, const char *otherwise) {
    for (int i = 1; i + 1 < count; i++) {
        if (std::string(words[i]) == name) {
            return words[i + 1];
        }
    }
    return otherwise;
}

void print_times(const std::string &name, const char *pass, const std::string &precision, int runs, int steps, const Times &times) {
    std::printf("{\"by\":\"c++\",\"case\":\"%s\",\"pass\":\"%s\",\"precision\":\"%s\",\"runs\":%d,\"steps\":%d,\"event_us\":%.2f,"
                "\"event_min_us\":%.2f,\"event_max_us\":%.2f,\"wall_us\":%.2f,\"wall_min_us\":%.2f,\"wall_max_us\":%.2f}\n",
        name.c_str(), pass, precision.c_str(), runs, steps, times.events.median, times.events.least, times.events.most,
        times.wall.median, times.wall.least, times.wall.most);
    std::fflush(stdout);
}

template <class Function>
Function standin(const char *name) {
    void *found = dlsym(RTLD_DEFAULT, name);
    if (found == nullptr) {
        fail("calls", "counted by the host stand-in alone, which is not loaded");
    }
    return reinterpret_cast<Function>(found);
}

void print_calls(const Device &device, const std::string &name, const char *pass, const std::function<void()> &step) {
    step();
    device.wait();
    standin<void (*)()>("gatun_standin_reset")();
    step();
    std::istringstream list(standin<const char *(*)()>("gatun_standin_call_list")());
    for (std::string line; std::getline(list, line);) {
        std::cout << name << ' ' << pass << ' ' << line << '\n';
    }
}

void print_results(const Device &device, const std::string &name, Step &step) {
    step.training();
    for (const auto &[result, values] : step.results(device)) {
        std::cout << name << ' ' << result;
        for (float value : values) {
            std::cout << ' ' << value;
        }
        std::cout << '\n';
    }
}

}  // namespace

int main(int count, char **words) {
    std::string task = count > 1 ? words[1] : "";
    if (task != "times" && task != "calls" && task != "results") {
        std::cerr << usage;
        return 2;
    }
    std::cout.precision(9);
    std::string precision = option(count, words, "--precision", "F32");
    int runs = std::stoi(option(count, words, "--runs", "20")), steps = std::stoi(option(count, words, "--steps", "10"));
    std::regex only(option(count, words, "--only", ""));
    bool small = std::any_of(words + 1, words + count, [](const char *word) { return std::string(word) == "--small"; });
    Way way = std::string(option(count, words, "--attention", "blas")) == "multi-head" ? Way::multi_head : Way::blas;
    Device device(precision == "F32" ? Precision::f32 : precision == "TF32" ? Precision::tf32 : Precision::bf16);
    Kernels kernels(device, option(count, words, "--kernels", BASELINE_KERNELS));
    for (const Case &each : cases(small, way)) {
        if (!std::regex_search(each.name, only)) {
            continue;
        }
        auto step = each.make(device, kernels);
        auto infer = [&] { step->inference(); };
        auto train = [&] { step->training(); };
        if (task == "times") {
            print_times(each.name, "inference", precision, runs, steps, measure(device, runs, steps, infer));
            print_times(each.name, "training", precision, runs, steps, measure(device, runs, steps, train));
        } else if (task == "calls") {
            print_calls(device, each.name, "inference", infer);
            print_calls(device, each.name, "training", train);
        } else {
            print_results(device, each.name, *step);
        }
        device.wait();
    }
}
