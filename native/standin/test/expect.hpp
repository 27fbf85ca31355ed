// What the tests of the stand-in are made of: cases that register themselves, and expectations that end a failed test program.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <string>
#include <vector>

namespace test {

struct Case {
    const char *name;
    std::function<void()> run;
};

inline std::vector<Case> &cases() {
    static std::vector<Case> all;
    return all;
}

inline int run_all() {
    for (const Case &one : cases()) {
        std::cout << one.name << std::endl;
        one.run();
    }
    return 0;
}

template <class A, class B>
void expect_equal(const A &actual, const B &expected, const char *text, int line) {
    if (!(actual == expected)) {
        std::cerr << "line " << line << ": " << text << " is " << actual << ", expected " << expected << std::endl;
        std::exit(1);
    }
}

inline void expect_contains(const std::string &actual, const std::string &part, const char *text, int line) {
    if (actual.find(part) == std::string::npos) {
        std::cerr << "line " << line << ": " << text << " is \"" << actual << "\", which does not contain \"" << part << "\"" << std::endl;
        std::exit(1);
    }
}

inline void expect_near(double actual, double expected, double tolerance, const char *text, int line) {
    if (!(actual - expected <= tolerance && expected - actual <= tolerance)) {
        std::cerr << "line " << line << ": " << text << " is " << actual << ", expected " << expected << " ± " << tolerance << std::endl;
        std::exit(1);
    }
}

}  // namespace test

#define CASE(name)                                                                       \
    static void name();                                                                  \
    static const bool name##_registered = (test::cases().push_back({#name, name}), true); \
    static void name()
#define EXPECT_EQUAL(actual, expected) test::expect_equal(actual, expected, #actual, __LINE__)
#define EXPECT_CONTAINS(actual, part) test::expect_contains(actual, part, #actual, __LINE__)
#define EXPECT_NEAR(actual, expected, tolerance) test::expect_near(actual, expected, tolerance, #actual, __LINE__)
#define EXPECT_TRUE(condition) test::expect_equal(static_cast<bool>(condition), true, #condition, __LINE__)

int main() {
    return test::run_all();
}
