// The stand-in catches what a GPU would let pass.
#include "core/standin.hpp"
#include "expect.hpp"

#include <cmath>
#include <cstring>
#include <cuda_runtime_api.h>

namespace {

template <class T = float>
T *device(size_t count) {
    void *pointer = nullptr;
    EXPECT_EQUAL(cudaMalloc(&pointer, count * sizeof(T)), cudaSuccess);
    return static_cast<T *>(pointer);
}

/// Ends a test that broke a rule on purpose: the breach is on record, the device is lost, and both are forgotten.
void expect_breach(const std::string &part) {
    EXPECT_CONTAINS(gatun_standin_violations(), part);
    EXPECT_EQUAL(cudaDeviceSynchronize(), cudaErrorIllegalAddress);
    gatun_standin_reset();
    EXPECT_EQUAL(cudaDeviceSynchronize(), cudaSuccess);
}

CASE(fresh_memory_holds_nan) {
    float *x = device(3);
    float host[3] = {};
    EXPECT_EQUAL(cudaMemcpy(host, x, sizeof host, cudaMemcpyDeviceToHost), cudaSuccess);
    EXPECT_TRUE(std::isnan(host[0]) && std::isnan(host[2]));
    cudaFree(x);
}

CASE(work_runs_when_waited_for_and_not_before) {
    cudaStream_t stream;
    cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking);
    float *x = device(1);
    void *pinned;
    EXPECT_EQUAL(cudaMallocHost(&pinned, 4), cudaSuccess);
    auto result = static_cast<float *>(pinned);
    *result = 7;
    cudaMemsetAsync(x, 0, 4, stream);
    cudaMemcpyAsync(result, x, 4, cudaMemcpyDeviceToHost, stream);
    EXPECT_EQUAL(*result, 7.0f);
    EXPECT_EQUAL(cudaStreamQuery(stream), cudaErrorNotReady);
    cudaStreamSynchronize(stream);
    EXPECT_EQUAL(*result, 0.0f);
    EXPECT_EQUAL(cudaStreamQuery(stream), cudaSuccess);
    cudaFree(x);
    cudaFreeHost(result);
    cudaStreamDestroy(stream);
}

CASE(a_missing_wait_between_streams_reads_stale_bytes_and_an_event_mends_it) {
    cudaStream_t writer, reader;
    cudaStreamCreateWithFlags(&writer, cudaStreamNonBlocking);
    cudaStreamCreateWithFlags(&reader, cudaStreamNonBlocking);
    float *x = device(1);
    float host = 0;
    cudaMemsetAsync(x, 0, 4, writer);
    cudaMemcpyAsync(&host, x, 4, cudaMemcpyDeviceToHost, reader);
    EXPECT_TRUE(std::isnan(host));
    cudaEvent_t written;
    cudaEventCreateWithFlags(&written, cudaEventDisableTiming);
    cudaEventRecord(written, writer);
    cudaStreamWaitEvent(reader, written, 0);
    cudaMemcpyAsync(&host, x, 4, cudaMemcpyDeviceToHost, reader);
    EXPECT_EQUAL(host, 0.0f);
    cudaEventDestroy(written);
    cudaStreamDestroy(writer);
    cudaStreamDestroy(reader);
    cudaFree(x);
}

CASE(the_default_stream_waits_for_blocking_streams_only) {
    cudaStream_t blocking, apart;
    cudaStreamCreate(&blocking);
    cudaStreamCreateWithFlags(&apart, cudaStreamNonBlocking);
    float *x = device(1), *y = device(1);
    cudaMemsetAsync(x, 0, 4, blocking);
    cudaMemsetAsync(y, 0, 4, apart);
    float host[2];
    cudaMemcpy(&host[0], x, 4, cudaMemcpyDeviceToHost);
    cudaMemcpy(&host[1], y, 4, cudaMemcpyDeviceToHost);
    EXPECT_EQUAL(host[0], 0.0f);
    EXPECT_TRUE(std::isnan(host[1]));
    cudaStreamDestroy(blocking);
    cudaStreamDestroy(apart);
    cudaFree(x);
    cudaFree(y);
}

CASE(a_copy_from_pinned_memory_reads_it_late_and_from_pageable_memory_at_once) {
    cudaStream_t stream;
    cudaStreamCreate(&stream);
    float *x = device(2);
    void *pinned;
    cudaHostAlloc(&pinned, 4, cudaHostAllocDefault);
    auto staging = static_cast<float *>(pinned);
    float pageable = 1;
    *staging = 1;
    cudaMemcpyAsync(x, staging, 4, cudaMemcpyHostToDevice, stream);
    cudaMemcpyAsync(x + 1, &pageable, 4, cudaMemcpyHostToDevice, stream);
    *staging = pageable = 2;
    cudaStreamSynchronize(stream);
    float host[2];
    cudaMemcpy(host, x, 8, cudaMemcpyDeviceToHost);
    EXPECT_EQUAL(host[0], 2.0f);
    EXPECT_EQUAL(host[1], 1.0f);
    cudaFree(x);
    cudaFreeHost(staging);
    cudaStreamDestroy(stream);
}

CASE(rows_are_copied_by_their_pitches) {
    float *x = device(6);
    float host[4] = {1, 2, 3, 4}, back[6];
    cudaMemset(x, 0, 24);
    EXPECT_EQUAL(cudaMemcpy2DAsync(x, 12, host, 8, 8, 2, cudaMemcpyHostToDevice, nullptr), cudaSuccess);
    cudaMemcpy(back, x, 24, cudaMemcpyDeviceToHost);
    const float expected[6] = {1, 2, 0, 3, 4, 0};
    EXPECT_EQUAL(std::memcmp(back, expected, sizeof back), 0);
    EXPECT_EQUAL(cudaMemcpy2DAsync(x, 4, host, 8, 8, 2, cudaMemcpyHostToDevice, nullptr), cudaErrorInvalidPitchValue);
    cudaFree(x);
    cudaGetLastError();
}

CASE(an_operand_freed_in_stream_order_too_early_is_caught) {
    cudaStream_t user, other;
    cudaStreamCreateWithFlags(&user, cudaStreamNonBlocking);
    cudaStreamCreateWithFlags(&other, cudaStreamNonBlocking);
    float *x = device(4);
    cudaMemsetAsync(x, 0, 16, user);
    cudaFreeAsync(x, other);
    cudaStreamSynchronize(other);
    EXPECT_EQUAL(cudaStreamSynchronize(user), cudaErrorIllegalAddress);
    expect_breach("cudaMemsetAsync: the target, 16 bytes at");
    cudaStreamDestroy(user);
    cudaStreamDestroy(other);
}

CASE(memory_freed_in_stream_order_may_not_be_named_again) {
    float *x = device(4);
    cudaFreeAsync(x, nullptr);
    EXPECT_EQUAL(cudaMemset(x, 0, 4), cudaErrorIllegalAddress);
    expect_breach("freed in stream order");
    cudaDeviceSynchronize();
}

CASE(memory_allocated_in_stream_order_is_not_there_for_other_streams) {
    cudaStream_t other;
    cudaStreamCreateWithFlags(&other, cudaStreamNonBlocking);
    void *x;
    EXPECT_EQUAL(cudaMallocAsync(&x, 4, nullptr), cudaSuccess);
    cudaMemsetAsync(x, 0, 4, other);
    cudaStreamSynchronize(other);
    expect_breach("is not yet allocated");
    cudaFree(x);
    cudaStreamDestroy(other);
}

CASE(a_pointer_that_leaves_its_allocation_is_caught) {
    float *x = device(4);
    EXPECT_EQUAL(cudaMemset(x + 1, 0, 16), cudaErrorIllegalAddress);
    expect_breach("leaves its allocation of 16 bytes");
    cudaFree(x);
}

CASE(work_that_writes_past_the_end_is_caught) {
    float *x = device(4);
    standin::enqueue(nullptr, "overrun", {{x, 16, "x"}}, [x] { x[4] = 0; });
    EXPECT_EQUAL(cudaDeviceSynchronize(), cudaErrorIllegalAddress);
    expect_breach("overrun: x, 16 bytes");
    cudaFree(x);
    expect_breach("written beyond the end");
}

CASE(a_stale_handle_is_caught) {
    cudaStream_t stream;
    cudaStreamCreate(&stream);
    cudaStreamDestroy(stream);
    EXPECT_EQUAL(cudaStreamSynchronize(stream), cudaErrorIllegalAddress);
    expect_breach("cudaStreamSynchronize: not a live stream");
    cudaEvent_t event;
    cudaEventCreate(&event);
    cudaEventDestroy(event);
    cudaEventRecord(event, nullptr);
    expect_breach("cudaEventRecord: not a live event");
}

CASE(a_block_freed_twice_is_caught) {
    float *x = device(1);
    cudaFree(x);
    EXPECT_EQUAL(cudaFree(x), cudaErrorIllegalAddress);
    expect_breach("cudaFree");
}

CASE(copies_whose_kind_does_not_fit_are_caught) {
    float *x = device(1);
    float host = 0;
    cudaMemcpy(&host, x, 4, cudaMemcpyHostToDevice);
    expect_breach("the target is not memory of the device");
    EXPECT_EQUAL(cudaMemcpy(&host, x, 4, cudaMemcpyDefault), cudaSuccess);
    cudaFree(x);
}

CASE(the_nth_call_fails_as_planned) {
    void *x;
    gatun_standin_fail("cudaMalloc", 2, cudaErrorMemoryAllocation);
    EXPECT_EQUAL(cudaMalloc(&x, 4), cudaSuccess);
    cudaFree(x);
    EXPECT_EQUAL(cudaMalloc(&x, 4), cudaErrorMemoryAllocation);
    EXPECT_EQUAL(cudaGetLastError(), cudaErrorMemoryAllocation);
    EXPECT_EQUAL(cudaGetLastError(), cudaSuccess);
    gatun_standin_fail(nullptr, 3, 0);
    EXPECT_EQUAL(cudaMalloc(&x, 4), cudaSuccess);
    EXPECT_EQUAL(cudaMemset(x, 0, 4), cudaSuccess);
    EXPECT_EQUAL(cudaFree(x), cudaErrorUnknown);
    EXPECT_EQUAL(std::string(gatun_standin_live()), "");
    gatun_standin_reset();
}

CASE(calls_are_counted_by_name) {
    gatun_standin_reset();
    cudaFree(nullptr);
    cudaFree(nullptr);
    int device;
    cudaGetDevice(&device);
    EXPECT_EQUAL(gatun_standin_calls("cudaFree"), 2);
    EXPECT_EQUAL(gatun_standin_calls(nullptr), 3);
    EXPECT_EQUAL(std::string(gatun_standin_call_list()), "cudaFree 2\ncudaGetDevice 1\n");
}

CASE(what_is_alive_is_listed) {
    float *x = device(3);
    cudaStream_t stream;
    cudaStreamCreate(&stream);
    EXPECT_EQUAL(std::string(gatun_standin_live()), "device-memory 1 12\nstream 1 0\n");
    cudaStreamDestroy(stream);
    cudaFree(x);
    EXPECT_EQUAL(std::string(gatun_standin_live()), "");
}

CASE(memory_ends_where_the_device_does) {
    gatun_standin_memory(1 << 20);
    size_t free, total;
    void *most, *more;
    EXPECT_EQUAL(cudaMalloc(&most, 1 << 20), cudaSuccess);
    EXPECT_EQUAL(cudaMemGetInfo(&free, &total), cudaSuccess);
    EXPECT_EQUAL(free, 0u);
    EXPECT_EQUAL(total, size_t(1) << 20);
    EXPECT_EQUAL(cudaMalloc(&more, 1), cudaErrorMemoryAllocation);
    EXPECT_EQUAL(cudaGetLastError(), cudaErrorMemoryAllocation);
    cudaFree(most);
    gatun_standin_memory(size_t(4) << 30);
}

CASE(events_measure_time_once_reached) {
    cudaEvent_t start, end;
    cudaEventCreate(&start);
    cudaEventCreate(&end);
    float milliseconds = -1;
    cudaEventRecord(start, nullptr);
    cudaEventRecord(end, nullptr);
    EXPECT_EQUAL(cudaEventElapsedTime(&milliseconds, start, end), cudaErrorNotReady);
    EXPECT_EQUAL(cudaEventQuery(end), cudaErrorNotReady);
    cudaEventSynchronize(end);
    EXPECT_EQUAL(cudaEventElapsedTime(&milliseconds, start, end), cudaSuccess);
    EXPECT_TRUE(milliseconds >= 0);
    cudaEventDestroy(start);
    cudaEventDestroy(end);
}

}  // namespace
