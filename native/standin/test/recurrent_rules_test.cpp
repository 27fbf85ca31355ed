// What recurrent calls refuse, what loses the device, what they count, and when they run.
#include "recurrent.hpp"

namespace {

using test::Buffer;
using test::Recurrent;
using test::Settings;

void expect_status(cudnnStatus_t status, cudnnStatus_t expected, const std::string &why) {
    EXPECT_EQUAL(int(status), int(expected));
    char message[512];
    cudnnGetLastErrorString(message, sizeof message);
    EXPECT_CONTAINS(message, why);
    EXPECT_CONTAINS(message, "host stand-in");
    EXPECT_EQUAL(std::string(gatun_standin_violations()), "");
}

/// Ends a case that broke a rule on purpose.
void expect_breach(const std::string &part) {
    cudaDeviceSynchronize();
    EXPECT_CONTAINS(gatun_standin_violations(), part);
    EXPECT_EQUAL(cudaDeviceSynchronize(), cudaErrorIllegalAddress);
    gatun_standin_reset();
}

cudnnStatus_t set(cudnnRNNDescriptor_t rnn, Settings s, cudnnDataType_t precision = CUDNN_DATA_FLOAT) {
    return cudnnSetRNNDescriptor_v8(rnn, s.algorithm, s.mode, s.bias, s.direction, s.input_mode, s.type, precision,
        CUDNN_DEFAULT_MATH, s.input, s.hidden, s.projection, s.layers, nullptr, s.flags);
}

CASE(descriptors_refuse_what_cudnn_refuses) {
    cudnnRNNDescriptor_t rnn;
    OK(cudnnCreateRNNDescriptor(&rnn));
    Settings good;
    good.type = CUDNN_DATA_FLOAT;
    OK(set(rnn, good));
    auto with = [&](auto change) {
        Settings changed = good;
        change(changed);
        return set(rnn, changed);
    };
    expect_status(with([](Settings &s) { s.projection = 0; }), CUDNN_STATUS_BAD_PARAM, "projection <= 0");
    expect_status(with([](Settings &s) { s.projection = 4; }), CUDNN_STATUS_NOT_SUPPORTED, "projection > d.hidden");
    expect_status(with([](Settings &s) { s.hidden = 0; }), CUDNN_STATUS_BAD_PARAM, "hidden < 1");
    expect_status(with([](Settings &s) { s.flags = 2; }), CUDNN_STATUS_BAD_PARAM, "flags");
    expect_status(with([](Settings &s) { s.type = CUDNN_DATA_DOUBLE; }), CUDNN_STATUS_NOT_SUPPORTED, "types_fit");
    expect_status(with([](Settings &s) { s.mode = CUDNN_GRU, s.projection = 2; }), CUDNN_STATUS_NOT_SUPPORTED, "CUDNN_LSTM");
    expect_status(with([](Settings &s) { s.algorithm = CUDNN_RNN_ALGO_COUNT; }), CUDNN_STATUS_BAD_PARAM, "algorithm");
    good.algorithm = CUDNN_RNN_ALGO_PERSIST_STATIC;
    expect_status(with([](Settings &s) { s.projection = 2; }), CUDNN_STATUS_NOT_SUPPORTED, "CUDNN_RNN_ALGO_STANDARD");
    expect_status(with([](Settings &s) { s.bias = CUDNN_RNN_NO_BIAS; }), CUDNN_STATUS_NOT_SUPPORTED, "bias");
    good.type = CUDNN_DATA_DOUBLE;
    expect_status(set(rnn, good, CUDNN_DATA_DOUBLE), CUDNN_STATUS_NOT_SUPPORTED, "CUDNN_DATA_DOUBLE");
    expect_status(cudnnRNNSetClip_v9(rnn, CUDNN_RNN_CLIP_MINMAX, 1, -1), CUDNN_STATUS_BAD_PARAM, "lclip > rclip");
    OK(cudnnDestroyRNNDescriptor(rnn));
}

CASE(data_descriptors_refuse_what_cudnn_refuses) {
    cudnnRNNDataDescriptor_t data;
    OK(cudnnCreateRNNDataDescriptor(&data));
    auto set_lengths = [&](std::vector<int> lengths, cudnnRNNDataLayout_t layout) {
        return cudnnSetRNNDataDescriptor(data, CUDNN_DATA_FLOAT, layout, 4, int(lengths.size()), 2, lengths.data(), nullptr);
    };
    auto unpacked = CUDNN_RNN_DATA_LAYOUT_SEQ_MAJOR_UNPACKED;
    auto packed = CUDNN_RNN_DATA_LAYOUT_SEQ_MAJOR_PACKED;
    OK(set_lengths({4, 0, 2}, unpacked));
    OK(set_lengths({0, 0}, CUDNN_RNN_DATA_LAYOUT_BATCH_MAJOR_UNPACKED));
    OK(set_lengths({4, 2, 1}, packed));
    expect_status(set_lengths({4, 5}, unpacked), CUDNN_STATUS_BAD_PARAM, "length > maxSeqLength");
    expect_status(set_lengths({-1}, unpacked), CUDNN_STATUS_BAD_PARAM, "length < 0");
    expect_status(set_lengths({4, 1, 2}, packed), CUDNN_STATUS_BAD_PARAM, "isSortedSequences == false");
    expect_status(set_lengths({3, 1}, packed), CUDNN_STATUS_BAD_PARAM, "maxSeqLength");
    expect_status(set_lengths({4, 0}, packed), CUDNN_STATUS_BAD_PARAM, "== 0");
    cudnnDataType_t type;
    cudnnRNNDataLayout_t layout;
    int steps, batch, width, lengths[4] = {9, 9, 9, 9};
    float fill = 7;
    OK(cudnnGetRNNDataDescriptor(data, &type, &layout, &steps, &batch, &width, 4, lengths, &fill));
    EXPECT_TRUE(steps == 4 && batch == 3 && width == 2 && layout == packed && fill == 0);
    EXPECT_TRUE(lengths[0] == 4 && lengths[2] == 1 && lengths[3] == 0);
    OK(cudnnDestroyRNNDataDescriptor(data));
}

CASE(calls_refuse_spaces_that_are_too_small_and_absent_operands) {
    Recurrent net(Settings{});
    net.randomise(1);
    auto refused = [&](const std::string &why) { expect_status(net.forward(), CUDNN_STATUS_BAD_PARAM, why); };
    net.work_bytes -= 1;
    refused("work_bytes < required");
    net.work_bytes += 1;
    net.reserve_bytes -= 1;
    refused("reserve_bytes_given < required_reserve");
    net.reserve_bytes += 1;
    net.weight_bytes -= 1;
    refused("weight_bytes <");
    net.weight_bytes += 1;
    OK(net.forward());
    OK(net.backward_data());
    expect_status(net.backward_weights(CUDNN_WGRAD_MODE_SET), CUDNN_STATUS_NOT_SUPPORTED, "CUDNN_WGRAD_MODE_SET");
    int sizes[] = {1, 2, 4}, strides[] = {8, 4, 1};
    OK(cudnnSetTensorNdDescriptor(net.h_shape, CUDNN_DATA_DOUBLE, 3, sizes, strides));
    refused("!packed(*h");
}

CASE(unpacked_layouts_need_the_flag_and_persistent_algorithms_equal_lengths) {
    Settings settings;
    settings.flags = CUDNN_RNN_PADDED_IO_DISABLED;
    expect_status(Recurrent(settings).forward(), CUDNN_STATUS_BAD_PARAM, "padded_io");
    settings.flags = CUDNN_RNN_PADDED_IO_ENABLED;
    settings.type = CUDNN_DATA_FLOAT;
    settings.algorithm = CUDNN_RNN_ALGO_PERSIST_STATIC_SMALL_H;
    OK(Recurrent(settings).forward());
    settings.lengths = {3, 2};
    expect_status(Recurrent(settings).forward(), CUDNN_STATUS_NOT_SUPPORTED, "variable");
    settings.lengths = {3, 3};
    settings.hidden = settings.projection = 193;
    expect_status(Recurrent(settings).forward(), CUDNN_STATUS_NOT_SUPPORTED, "hidden > widest_small");
    settings.algorithm = CUDNN_RNN_ALGO_PERSIST_STATIC;
    OK(Recurrent(settings).forward());
    settings.hidden = settings.projection = 257;
    expect_status(Recurrent(settings).forward(), CUDNN_STATUS_NOT_SUPPORTED, "hidden > widest_static");
    settings.hidden = settings.projection = 3;
    settings.algorithm = CUDNN_RNN_ALGO_PERSIST_DYNAMIC;
    Recurrent dynamic(settings);
    expect_status(dynamic.forward(), CUDNN_STATUS_BAD_PARAM, "planned_batch");
    OK(cudnnBuildRNNDynamic(dynamic.handle, dynamic.rnn, 2));
    OK(dynamic.forward());
    OK(cudnnBuildRNNDynamic(dynamic.handle, dynamic.rnn, 4));
    expect_status(dynamic.forward(), CUDNN_STATUS_BAD_PARAM, "planned_batch");
}

CASE(passes_run_in_their_order_on_one_reserve) {
    {
        Recurrent net(Settings{});
        net.randomise(1);
        OK(net.backward_data());
        expect_breach("does not come from cudnnRNNForward");
        OK(net.forward());
        OK(net.backward_weights());
        expect_breach("cudnnRNNBackwardData_v8 has not run");
    }
    Settings longer;
    longer.steps = 4;
    longer.lengths = {4, 4};
    Recurrent big(longer);
    Recurrent net(Settings{});
    net.randomise(1);
    big.randomise(1);
    OK(big.forward());
    std::swap(net.reserve, big.reserve);
    OK(net.backward_data());
    expect_breach("belongs to another network or batch");
}

CASE(pointers_must_lie_in_live_memory_until_the_work_is_done) {
    {
        Recurrent net(Settings{});
        net.randomise(1);
        net.y = std::make_unique<Buffer>(CUDNN_DATA_DOUBLE, net.y->count() - 1);
        EXPECT_EQUAL(net.forward(), CUDNN_STATUS_EXECUTION_FAILED_CUDART);
        expect_breach("y");
    }
    Recurrent net(Settings{});
    net.randomise(1);
    double host[64];
    EXPECT_EQUAL(cudnnRNNForward(net.handle, net.rnn, CUDNN_FWD_MODE_INFERENCE, nullptr, net.x_shape, host, net.y_shape,
                     net.y->pointer(), net.h_shape, nullptr, nullptr, net.c_shape, nullptr, nullptr, net.weight_bytes,
                     net.weights->pointer(), net.work_bytes, net.work->pointer(), 0, nullptr),
        CUDNN_STATUS_EXECUTION_FAILED_CUDART);
    expect_breach("x");
}

CASE(lengths_on_the_device_may_be_absent_but_not_wrong) {
    Recurrent net(Settings{});
    net.randomise(1);
    int32_t *lengths;
    EXPECT_EQUAL(cudaMalloc(reinterpret_cast<void **>(&lengths), 8), cudaSuccess);
    auto forward = [&] {
        return cudnnRNNForward(net.handle, net.rnn, CUDNN_FWD_MODE_INFERENCE, lengths, net.x_shape, net.x->pointer(), net.y_shape,
            net.y->pointer(), net.h_shape, nullptr, nullptr, net.c_shape, nullptr, nullptr, net.weight_bytes,
            net.weights->pointer(), net.work_bytes, net.work->pointer(), 0, nullptr);
    };
    for (int32_t second : {3, 2}) {
        int32_t values[] = {3, second};
        EXPECT_EQUAL(cudaMemcpy(lengths, values, 8, cudaMemcpyHostToDevice), cudaSuccess);
        OK(forward());
        cudaDeviceSynchronize();
        EXPECT_EQUAL(standin::lost(), second == 2);
    }
    expect_breach("devSeqLengths differ");
    cudaFree(lengths);
}

CASE(work_waits_on_the_stream_of_the_handle) {
    Recurrent net(Settings{});
    net.randomise(1);
    cudaStream_t stream;
    EXPECT_EQUAL(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), cudaSuccess);
    OK(cudnnSetStream(net.handle, stream));
    cudaStream_t same;
    OK(cudnnGetStream(net.handle, &same));
    EXPECT_TRUE(same == stream);
    OK(net.forward());
    EXPECT_EQUAL(cudaStreamQuery(stream), cudaErrorNotReady);
    EXPECT_EQUAL(cudaStreamSynchronize(stream), cudaSuccess);
    EXPECT_TRUE(net.y->get()[0] == net.y->get()[0]);
    OK(cudnnSetStream(net.handle, nullptr));
    cudaStreamDestroy(stream);
}

CASE(calls_are_counted_and_fail_when_a_test_wants_it) {
    Recurrent net(Settings{});
    net.randomise(1);
    gatun_standin_reset();
    OK(net.forward());
    OK(net.forward());
    OK(net.backward_data());
    EXPECT_EQUAL(std::string(gatun_standin_call_list()), "cudnnRNNBackwardData_v8 1\ncudnnRNNForward 2\n");
    gatun_standin_fail("cudnnRNNForward", 2, CUDNN_STATUS_EXECUTION_FAILED);
    OK(net.forward());
    expect_status(net.forward(), CUDNN_STATUS_EXECUTION_FAILED, "planned");
    OK(net.forward());
    gatun_standin_fail("cudnnRNNForward", 1, 0);
    expect_status(net.forward(), CUDNN_STATUS_INTERNAL_ERROR, "planned");
}

CASE(dropout_needs_states_that_were_set) {
    Settings settings;
    settings.layers = 2;
    settings.dropout = 0.5f;
    Recurrent net(settings);
    net.randomise(1);
    OK(cudnnSetDropoutDescriptor(net.dropout, net.handle, 0.5f, nullptr, 0, 1));
    expect_status(net.forward(), CUDNN_STATUS_BAD_PARAM, "states == nullptr");
    OK(net.forward(CUDNN_FWD_MODE_INFERENCE));
    Buffer fresh(CUDNN_DATA_DOUBLE, net.states->count());
    OK(cudnnRestoreDropoutDescriptor(net.dropout, net.handle, 0.5f, fresh.pointer(), fresh.count() * 8, 1));
    OK(net.forward());
    expect_breach("not initialised");
}

}  // namespace
