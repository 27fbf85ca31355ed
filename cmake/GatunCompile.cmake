# Gives a target C++20, warnings as errors and, with -DGATUN_SANITIZE=ON, the address and undefined-behaviour sanitizers.
option(GATUN_SANITIZE "Build with the address and undefined-behaviour sanitizers" OFF)

function(gatun_compile target)
    target_compile_features(${target} PRIVATE cxx_std_20)
    set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF)
    target_compile_options(${target} PRIVATE -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Werror -Wno-deprecated-declarations)
    if(GATUN_SANITIZE)
        # g++ 12 takes std::function and std::regex for uninitialised when it instruments them.
        target_compile_options(${target} PRIVATE
            -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -Wno-maybe-uninitialized)
        target_link_options(${target} PRIVATE -fsanitize=address,undefined)
    endif()
endfunction()
